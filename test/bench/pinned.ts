import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

const canPin = spawnSync('taskset', ['-V']).status === 0;

/** A process under test, on the first core. Disposing kills it. */
export interface Pinned extends AsyncDisposable {
  child: ChildProcess;
  pid: number;
}

/**
 * Starts a process on the first core, if `taskset` is installed.
 *
 * @param output `pipe`: its output can be read from `child.stdout`. `ipc`: it prints here, and messages go both ways.
 */
export function startPinned(
  command: readonly string[],
  env: Record<string, string> = {},
  output: 'pipe' | 'ipc' = 'pipe',
): Pinned {
  const [program = '', ...args] = canPin ? ['taskset', '-c', '0', ...command] : command;
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: output === 'pipe' ? ['ignore', 'pipe', 'inherit'] : ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const kill = () => child.kill();
  process.once('exit', kill);
  return {
    child,
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      process.off('exit', kill);
      if (child.exitCode !== null || !kill()) return;
      await once(child, 'exit');
    },
  };
}

/** Moves this process, which makes the load, to the second core. */
export function leaveFirstCore(): void {
  if (canPin) spawnSync('taskset', ['-cp', '1', String(process.pid)]);
}
