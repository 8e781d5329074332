import { type Exit, spawnProgram } from './program.ts';

export interface SpawnAgentOptions {
  /** Of the node. */
  token: string;
  /** The folder that its tools work in. */
  workspace: string;
  /** A policy file. */
  policy?: string;
  maxDispatches?: number;
  /** Its environment, besides PATH and its token. */
  env?: Record<string, string>;
}

/** The agent program as the owner of a machine starts it, in a process of its own. Disposing kills it. */
export interface AgentProcess extends AsyncDisposable {
  readonly pid: number;
  /** Settles when the process is gone and all it has written was read. */
  readonly exited: Promise<Exit>;
  /** All it has printed so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Settles when it has printed this `times` times; rejects when it ends without. */
  printed(text: string, times?: number): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** @param url Where its gateway is, or will be. */
export function spawnAgent(url: string, options: SpawnAgentOptions): AgentProcess {
  const { token, workspace, policy, maxDispatches, env } = options;
  const args = ['agent', '--gateway', url, '--workspace', workspace, '--name', 'test'];
  if (policy !== undefined) args.push('--policy', policy);
  if (maxDispatches !== undefined) args.push('--max-dispatches', String(maxDispatches));
  const environment = { PATH: process.env['PATH'], SWITCHYARD_TOKEN: token, ...env };
  const program = spawnProgram(args, environment);
  const { pid, exited, written, kill, found } = program;
  return {
    pid,
    exited,
    kill,
    get stdout() {
      return written.stdout;
    },
    get stderr() {
      return written.stderr;
    },
    printed: (text, times = 1) =>
      found(() => written.stdout.split(text).length > times || undefined, text).then(() => undefined),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

/** An agent that is connected. */
export async function startAgent(url: string, options: SpawnAgentOptions): Promise<AgentProcess> {
  const agent = spawnAgent(url, options);
  await agent.printed('online: node');
  return agent;
}
