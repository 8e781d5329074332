import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { ToolError } from '../errors/tool-error.ts';
import { drain } from './drain.ts';
import { groupGone, signalGroup } from './process-group.ts';
import type { Watchdog } from './watchdog.ts';

export interface RunGroupOptions {
  /** The program, looked up in the environment's PATH, and its arguments. */
  argv: readonly string[];
  /** An existing folder. */
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Takes what the program and its children write, to standard output and standard error alike. */
  onData(chunk: Buffer): void;
  /** Aborts to end it. */
  stop: AbortSignal;
  watchdog: Watchdog;
}

export interface GroupEnd {
  /** Null where a signal ended the program. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** Whether `stop` ended it, rather than the program itself. */
  isStopped: boolean;
  /** Whether none of its processes runs any more. */
  isGone: boolean;
}

type Child = ChildProcessByStdio<null, Readable, null>;

/** How long processes have to end by themselves after SIGTERM, and the kernel to end them after SIGKILL. */
const termMs = 2_000;
const killMs = 2_000;

/**
 * The shell waits for a word before it becomes the program: should the agent die before the watchdog knows of
 * the group, nothing has begun. Both outputs are one pipe, so that what is written keeps its order.
 */
const launcher = 'read -r go <&3 || exit; exec 3<&- 2>&1; exec "$@"';

/**
 * Runs a program in a process group of its own and waits until the whole group has ended: what the program
 * leaves behind is ended too. A process that begins a session of its own is beyond reach.
 *
 * @throws ToolError FAILED where no process can be started.
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
    else letGo(child);
    const [exitCode, signal] = await exited;
    stop.removeEventListener('abort', terminate);
    const isGone = await endGroup(groupId);
    await drain(child.stdout);
    return { exitCode, signal, isStopped, isGone };
  } finally {
    watchdog.release(groupId);
  }
}

function letGo(child: Child): void {
  const gate = child.stdio[3] as unknown as Writable;
  // The program may be gone before it has read this.
  gate.on('error', () => undefined);
  gate.end('go\n');
}

async function endGroup(groupId: number): Promise<boolean> {
  signalGroup(groupId, 'SIGTERM');
  if (await groupGone(groupId, termMs)) return true;
  signalGroup(groupId, 'SIGKILL');
  return groupGone(groupId, killMs);
}
