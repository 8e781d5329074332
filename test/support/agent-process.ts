import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Exit } from './gateway-process.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');

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
  const child = spawn(process.execPath, ['--import', tsx, main, ...args], {
    cwd: '/',
    env: { PATH: process.env['PATH'], SWITCHYARD_TOKEN: token, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { stdout: '', stderr: '' };
  const waiting = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      written[name] += text;
      for (const look of waiting) look();
    });
  }
  const exited = once(child, 'close').then(([code, signal]): Exit => ({ code, signal }));
  return {
    pid: child.pid ?? 0,
    exited,
    get stdout() {
      return written.stdout;
    },
    get stderr() {
      return written.stderr;
    },
    printed(text, times = 1) {
      return new Promise((resolve, reject) => {
        const look = () => {
          if (written.stdout.split(text).length <= times) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
        void exited.then(() => reject(new Error(`It ended without "${text}". ${JSON.stringify(written)}`)));
      });
    },
    kill: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      child.kill('SIGCONT');
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** An agent that is connected. */
export async function startAgent(url: string, options: SpawnAgentOptions): Promise<AgentProcess> {
  const agent = spawnAgent(url, options);
  await agent.printed('online: node');
  return agent;
}
