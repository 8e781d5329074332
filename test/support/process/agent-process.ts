import { type Exit, spawnProgram } from './program.ts';

export interface SpawnAgentOptions {
  /** The token of the node. Default: the agent gets no token. */
  token?: string;
  /** The folder that the tools work in. */
  workspace: string;
  /** Path of a policy file. Default: no file. */
  policy?: string;
  maxDispatches?: number;
  /** Further arguments. */
  args?: readonly string[];
  /** Environment variables in addition to PATH and the token. */
  env?: Record<string, string>;
}

/** The agent program in a process of its own, as the owner of a machine starts it. Disposing kills it. */
export interface AgentProcess extends AsyncDisposable {
  readonly pid: number;
  /** Resolves when the process has ended and all its output was read. */
  readonly exited: Promise<Exit>;
  /** The output so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves when the agent has printed this text `times` times (default: 1); rejects when it ends before that. */
  printed(text: string, times?: number): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** @param url The URL of the gateway, which need not run yet. */
export function spawnAgent(url: string, options: SpawnAgentOptions): AgentProcess {
  const { token, workspace, policy, maxDispatches, env, args: further = [] } = options;
  const args = ['agent', '--gateway', url, '--workspace', workspace, '--name', 'test', ...further];
  if (policy !== undefined) args.push('--policy', policy);
  if (maxDispatches !== undefined) args.push('--max-dispatches', String(maxDispatches));
  const environment = { PATH: process.env['PATH'], ...(token && { SWITCHYARD_TOKEN: token }), ...env };
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

/** Starts an agent. Resolves when it is connected. */
export async function startAgent(url: string, options: SpawnAgentOptions): Promise<AgentProcess> {
  const agent = spawnAgent(url, options);
  await agent.printed('online: node');
  return agent;
}
