import { readConfig } from '../../../src/config/config.ts';
import type { Services } from '../../../src/context.ts';
import { type GatewayParts, startGateway } from '../../../src/gateway.ts';
import { createLog } from '../../../src/log.ts';
import { type GatewayApi, gatewayApi } from './gateway-api.ts';
import { openMigratedFolder } from './migrated-folder.ts';

export interface TestGateway extends GatewayApi, AsyncDisposable {
  url: string;
  services: Services;
  /** Calls the REST API; the path begins behind `/api/v1`. */
  rest(path: string, init?: RequestInit): Promise<Response>;
}

export interface TestGatewayOptions extends GatewayParts {
  /** As in the environment. The demo model does not dawdle, and only failures are logged. */
  settings?: Record<string, string>;
  /** Where the data is. Default: a new folder, gone with the gateway. */
  dataDir?: string;
}

/** A gateway in this process, on a free port. */
export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const { settings, dataDir, ...parts } = options;
  const folder = dataDir === undefined ? await openMigratedFolder() : undefined;
  const config = readConfig({
    PORT: '0',
    DATA_DIR: dataDir ?? folder?.path,
    DEMO_DELAY_MS: '0',
    LOG_LEVEL: 'silent',
    SHUTDOWN_GRACE_MS: '0',
    // Test and gateway share an event loop: what is late may be the test's own doing.
    MAX_EVENT_LOOP_DELAY_MS: '0',
    ...settings,
  });
  const gateway = await startGateway(config, createLog(config.log), parts);
  const { url, services } = gateway;
  return {
    ...gatewayApi(url),
    url,
    services,
    rest: (path, init) => fetch(`${url}/api/v1${path}`, init),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await folder?.[Symbol.asyncDispose]();
    },
  };
}
