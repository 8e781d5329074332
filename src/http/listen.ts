import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener, type HttpBindings, RequestError } from '@hono/node-server';
import type { Logger } from 'pino';
import { urlHost } from '../base/url-host.ts';
import { StartupError } from '../config/startup-error.ts';
import { watchConnections } from './connections.ts';
import { lingerBeforeClosing } from './linger.ts';
import { answerMalformed, malformedTarget } from './malformed.ts';
import { refusalBody } from './request/refusal.ts';
import type { ServerApp } from './server.ts';
import { isSocketRequest, takeUpgrades } from './upgrade.ts';

/**
 * Longer than clients and proxies keep an idle connection, so that they close it first. A client that sends a request
 * while the gateway closes the connection gets an error and cannot know whether the gateway received the request.
 */
const keepAliveMs = 75_000;
/** How often a closing server closes the connections that have become idle. */
const sweepMs = 20;

/** Longest interval between two checks for connections with late headers. */
const checkMs = 5_000;

export interface ListenOptions {
  host: string;
  port: number;
  /** The setting that the port comes from, which an error names. */
  portSetting: 'PORT' | 'METRICS_PORT';
  /** Connections at a time. Further connections are closed at once. */
  maxConnections: number;
  /** Milliseconds within which the headers of a request must arrive. */
  headerTimeoutMs: number;
  /** Milliseconds for which a client may read nothing of a response. */
  responseTimeoutMs: number;
  /** Whether the application opens WebSockets. */
  withSockets: boolean;
}

export interface Listening {
  /** `http://host:port`, with the actual port. */
  url: string;
  /** Accepts no new connections. Resolves when the last connection has closed. */
  close(): Promise<void>;
  /** Closes all connections at once, also those that carry a request. */
  cut(): void;
}

/** @throws StartupError when the address cannot be listened on. */
export async function listen(
  app: ServerApp,
  { maxConnections, headerTimeoutMs, responseTimeoutMs, withSockets, ...place }: ListenOptions,
  log: Logger,
): Promise<Listening> {
  const { host, port } = place;
  let target = '';
  // This replaces the global `Response`: the responses of Hono are then plain objects that are written in one piece.
  const listener = getRequestListener((request, env) => app.fetch(request, env as HttpBindings), {
    errorHandler: (error) => refuseMalformed(error, target),
  });
  const serverOptions = {
    keepAliveTimeout: keepAliveMs,
    headersTimeout: headerTimeoutMs,
    connectionsCheckingInterval: Math.min(headerTimeoutMs, checkMs),
    // A time limit on the whole request would cut a long upload. `cutSlowBody` cuts only slow bodies.
    requestTimeout: 0,
    // `refuseMalformed` answers a request without a Host. Node.js would answer without a body.
    requireHostHeader: false,
    // Node.js 20 and 22 do not know this option: there, every request with an `Upgrade` comes as one.
    ...(withSockets && { shouldUpgradeCallback: isSocketRequest }),
  };
  const server = createServer(serverOptions);
  const lingering = lingerBeforeClosing(server);
  server.on('request', (incoming, outgoing) => {
    // A request behind one whose response closes the connection.
    if (lingering.has(incoming.socket)) return;
    // The listener calls its error handler before it returns, and does not tell it which request it is.
    target = incoming.url ?? '';
    void listener(incoming, outgoing);
  });
  answerMalformed(server);
  server.maxConnections = maxConnections;
  const connections = watchConnections(server, responseTimeoutMs, log);
  if (withSockets) takeUpgrades(server, { app, connections, lingering });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new StartupError(reasonOf(error, place), { cause: error })));
    server.listen(port, host, resolve);
  });
  // The kernel can refuse to hand over a connection, for lack of memory for instance. Without this listener that would end
  // the process.
  server.on('error', (err) => log.error({ err }, 'a connection could not be accepted'));
  const address = server.address() as AddressInfo;
  return {
    url: `http://${urlHost(host)}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        // Node.js keeps a connection open that carried a request while the server closed, or that carried no request.
        const sweep = setInterval(() => {
          server.closeIdleConnections();
          connections.closeUnused();
        }, sweepMs);
        server.close(() => {
          clearInterval(sweep);
          resolve();
        });
      }),
    cut: () => server.closeAllConnections(),
  };
}

/** Answers a request that cannot become a `Request`, so that no guard sees it: its Host or its target is no URL. */
function refuseMalformed(error: unknown, target: string): Response {
  if (!(error instanceof RequestError)) return new Response(null, { status: 500 });
  return Response.json(refusalBody(target, malformedTarget), { status: 400 });
}

function reasonOf(
  error: NodeJS.ErrnoException,
  { host, port, portSetting }: Pick<ListenOptions, 'host' | 'port' | 'portSetting'>,
): string {
  if (error.code === 'EADDRINUSE') {
    return `Port ${port} on ${host} is taken: stop the program that listens there, or set ${portSetting} to another port.`;
  }
  if (error.code === 'EACCES')
    return `This user may not listen on port ${port}: set ${portSetting} to another port.`;
  return `The gateway cannot listen on ${host}:${port}: ${error.message}.`;
}
