import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { ToolError } from '../../sync/file-tools/tool-error.ts';
import { drain } from './drain.ts';
import { groupGone, signalGroup } from './process-group.ts';
import type { Watchdog } from './watchdog.ts';

export interface RunGroupOptions {
  /** The program, which is looked up in the PATH of `env`, and its arguments. */
  argv: readonly string[];
  /** An existing folder. */
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Gets the standard output and standard error of the program and its children, in the order of writing. */
  onData(chunk: Buffer): void;
  /** Aborts to end the program. */
  stop: AbortSignal;
  watchdog: Watchdog;
}

export interface GroupEnd {
  /** Null if a signal ended the program. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** Whether `stop` ended the program. */
  isStopped: boolean;
  /** Whether all processes of the group have ended. */
  isGone: boolean;
}

type Child = ChildProcessByStdio<null, Readable, null>;

/** How long to wait for the processes to end after SIGTERM, and again after SIGKILL. */
const termMs = 2_000;
const killMs = 2_000;

/**
 * The shell waits for a line on descriptor 3 before it becomes the program. If the agent dies before the watchdog
 * knows the group, the line never comes and the program never starts. Both outputs go into one pipe, which keeps
 * the order of writing.
 */
const launcher = 'read -r go <&3 || exit; exec 3<&- 2>&1; exec "$@"';

/**
 * Runs a program in its own process group and waits until the whole group has ended. Processes that the program
 * leaves behind are ended too. A process that starts its own session leaves the group and is not ended.
 *
 * @throws ToolError FAILED if no process can be started.
 */
export async function runGroup(options: RunGroupOptions): Promise<GroupEnd> {
  const { argv, cwd, env, onData, stop, watchdog } = options;
  const child = spawn('/bin/sh', ['-c', launcher, 'sh', ...argv], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
  }) as Child;
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  // If the spawn fails, `exited` rejects and nothing awaits it.
  exited.catch(() => undefined);
  await once(child, 'spawn').catch((error) => {
    throw new ToolError('FAILED', 'The node cannot start a process now.', { cause: error });
  });
  const groupId = child.pid as number;
  watchdog.guard(groupId);
  child.stdout.on('data', onData);
  let isStopped = false;
  const terminate = () => {
    isStopped = true;
    void endGroup(groupId);
  };
  try {
    stop.addEventListener('abort', terminate);
    if (stop.aborted) terminate();
    else startProgram(child);
    const [exitCode, signal] = await exited;
    stop.removeEventListener('abort', terminate);
    const isGone = await endGroup(groupId);
    await drain(child.stdout);
    return { exitCode, signal, isStopped, isGone };
  } finally {
    watchdog.release(groupId);
  }
}

/** Sends the line that the launcher waits for. */
function startProgram(child: Child): void {
  const gate = child.stdio[3] as unknown as Writable;
  // Writing fails if the shell was killed before it read the line; `exited` reports that.
  gate.on('error', () => undefined);
  gate.end('go\n');
}

async function endGroup(groupId: number): Promise<boolean> {
  signalGroup(groupId, 'SIGTERM');
  if (await groupGone(groupId, termMs)) return true;
  signalGroup(groupId, 'SIGKILL');
  return groupGone(groupId, killMs);
}
