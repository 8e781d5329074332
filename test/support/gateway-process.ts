import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type GatewayApi, gatewayApi } from './gateway-api.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** The program as an operator starts it, in a process of its own. Disposing kills it. */
export interface SpawnedGateway extends AsyncDisposable {
  readonly pid: number;
  /** Settles when the process is gone and all it has written was read. */
  readonly exited: Promise<Exit>;
  /** All it has written so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** Its log so far, one object a line. */
  readonly lines: LogLine[];
  /** Settles when a line of the log has this in its message; rejects when the process ends without. */
  logged(message: string): Promise<LogLine>;
  kill(signal: NodeJS.Signals): void;
}

export interface LogLine extends Record<string, unknown> {
  msg: string;
}

export interface GatewayProcess extends SpawnedGateway, GatewayApi {
  readonly url: string;
}

/** @param settings The whole environment, besides a free port and a demo model that does not dawdle. */
export function spawnGateway(settings: { DATA_DIR: string } & Record<string, string>): SpawnedGateway {
  // Started where no .env file lies, so that a developer's own settings stay out of it.
  const child = spawn(process.execPath, ['--import', tsx, main], {
    cwd: '/',
    env: { PORT: '0', DEMO_DELAY_MS: '0', ...settings },
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
    get lines() {
      return logLines(written.stdout);
    },
    logged(message) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const line = logLines(written.stdout).find(({ msg }) => msg.includes(message));
          if (line === undefined) return;
          waiting.delete(look);
          resolve(line);
        };
        waiting.add(look);
        look();
        void exited.then(() => reject(new Error(`It ended without "${message}". ${written.stderr}`)));
      });
    },
    kill: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** A gateway in a process of its own that has started. */
export async function startGatewayProcess(
  settings: { DATA_DIR: string } & Record<string, string>,
): Promise<GatewayProcess> {
  const spawned = spawnGateway(settings);
  const { msg } = await spawned.logged('Switchyard answers at');
  const url = msg.split(' ').at(-1) ?? '';
  return Object.assign(spawned, { url }, gatewayApi(url));
}

function logLines(stdout: string): LogLine[] {
  return stdout
    .slice(0, stdout.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogLine);
}
