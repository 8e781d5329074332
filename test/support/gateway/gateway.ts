import { readConfig } from '../../../src/config/config.ts';
import type { Services } from '../../../src/context.ts';
import { startGateway } from '../../../src/gateway.ts';
import { createLog } from '../../../src/log.ts';
import type { GatewayParts } from '../../../src/services.ts';
import { type CapturedLog, createCapturedLog } from './captured-log.ts';
import { type GatewayApi, gatewayApi } from './gateway-api.ts';
import { openMigratedFolder } from './migrated-folder.ts';
import { openPostgresDatabase, usesPostgres } from './postgres-database.ts';

export interface TestGateway extends GatewayApi, CapturedLog, AsyncDisposable {
  url: string;
  services: Services;
  /** Calls the REST API. The path begins after `/api/v1`. */
  rest(path: string, init?: RequestInit): Promise<Response>;
}

export interface TestGatewayOptions extends GatewayParts {
  /** Settings as in the environment. Defaults for tests: the demo model answers without delay, LOG_LEVEL is silent. */
  settings?: Record<string, string>;
  /** The data folder. Default: a new folder that is deleted with the gateway. */
  dataDir?: string;
}

/** Starts a gateway in this process, on a free port. */
export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const { settings, dataDir, ...parts } = options;
  const folder = dataDir === undefined ? await openMigratedFolder() : undefined;
  const path = settings?.['DATA_DIR'] ?? dataDir ?? folder?.path ?? '';
  const database = usesPostgres && !settings?.['DATABASE_URL'] ? await openPostgresDatabase(path) : undefined;
  const config = readConfig({
    PORT: '0',
    DATA_DIR: path,
    ...(database && { DATABASE_URL: database.url, DATABASE_CONNECTIONS: '4' }),
    DEMO_DELAY_MS: '0',
    LOG_LEVEL: 'silent',
    SHUTDOWN_GRACE_MS: '0',
    // Test and gateway share an event loop, so a busy test would look like an overloaded gateway.
    MAX_EVENT_LOOP_DELAY_MS: '0',
    ...settings,
  });
  const { destination, lines, logged } = createCapturedLog();
  const log = createLog({ level: config.log.level, format: 'json', destination });
  const gateway = await startGateway(config, log, parts).catch((error: unknown) => {
    database?.release();
    throw error;
  });
  const { url, services } = gateway;
  return {
    ...gatewayApi(url),
    url,
    services,
    lines,
    logged,
    rest: (path, init) => fetch(`${url}/api/v1${path}`, init),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await folder?.[Symbol.asyncDispose]();
      database?.release();
    },
  };
}
