import type { HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import type { Logger } from 'pino';
import { type Listening, listen } from './listen.ts';

/** Scrapers are few, and their requests are short. */
const limits = { maxConnections: 100, headerTimeoutMs: 5_000, responseTimeoutMs: 10_000, withSockets: false };

/**
 * Serves the route of the metrics at a port of its own, which a firewall can keep from the users of the gateway.
 *
 * @throws StartupError when the address cannot be listened on.
 */
export async function startMetricsServer(
  route: Hono<{ Bindings: HttpBindings }>,
  address: { host: string; port: number },
  log: Logger,
): Promise<AsyncDisposable> {
  const app = { fetch: (request: Request, env: HttpBindings) => route.fetch(request, env) };
  const server: Listening = await listen(app, { ...address, ...limits, portSetting: 'METRICS_PORT' }, log);
  log.info({ url: `${server.url}/metrics` }, 'metrics are served');
  return {
    async [Symbol.asyncDispose]() {
      const closed = server.close();
      server.cut();
      await closed;
    },
  };
}
