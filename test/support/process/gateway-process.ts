import { type GatewayApi, gatewayApi } from '../gateway/gateway-api.ts';
import { type Exit, spawnProgram } from './program.ts';

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

interface LogLine extends Record<string, unknown> {
  msg: string;
}

export interface GatewayProcess extends SpawnedGateway, GatewayApi {
  readonly url: string;
}

/** @param settings The whole environment, besides a free port and a demo model that does not dawdle. */
export function spawnGateway(settings: { DATA_DIR: string } & Record<string, string>): SpawnedGateway {
  const program = spawnProgram([], { PORT: '0', DEMO_DELAY_MS: '0', ...settings });
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
    get lines() {
      return logLines(written.stdout);
    },
    logged: (message) =>
      found(() => logLines(written.stdout).find(({ msg }) => msg.includes(message)), message),
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
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
