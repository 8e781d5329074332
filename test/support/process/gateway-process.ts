import type { CapturedLog, LogLine } from '../gateway/captured-log.ts';
import { type GatewayApi, gatewayApi } from '../gateway/gateway-api.ts';
import { type Exit, type Program, spawnLastingProgram, spawnProgram } from './program.ts';

/** The gateway program in a process of its own, as an operator starts it. Disposing kills it. */
export interface SpawnedGateway extends AsyncDisposable {
  readonly pid: number;
  /** Settles when the process has ended and all its output was read. */
  readonly exited: Promise<Exit>;
  /** The output so far. */
  readonly stdout: string;
  readonly stderr: string;
  /** The log so far, parsed. */
  readonly lines: LogLine[];
  /** Resolves with the first line whose message contains this text; rejects when the process ends without one. */
  logged: CapturedLog['logged'];
  kill(signal: NodeJS.Signals): void;
}

export interface GatewayProcess extends SpawnedGateway, GatewayApi {
  readonly url: string;
}

type Settings = { DATA_DIR: string } & Record<string, string>;

const defaults = { PORT: '0', DEMO_DELAY_MS: '0' };

/** @param settings The whole environment. Defaults: a free port, and a demo model that answers without delay. */
export function spawnGateway(settings: Settings): SpawnedGateway {
  return spawnedGateway(spawnProgram([], { ...defaults, ...settings }));
}

function spawnedGateway(program: Program): SpawnedGateway {
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

/** Starts a gateway in a process of its own. Resolves when it accepts requests. */
export function startGatewayProcess(settings: Settings): Promise<GatewayProcess> {
  return started(spawnGateway(settings));
}

/** The same, for several files of tests: the gateway ends with this process, and deletes its data folder then. */
export function startLastingGateway(settings: Settings): Promise<GatewayProcess> {
  return started(spawnedGateway(spawnLastingProgram({ ...defaults, ...settings })));
}

async function started(spawned: SpawnedGateway): Promise<GatewayProcess> {
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
