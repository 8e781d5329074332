import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { StartupError } from '../config/startup-error.ts';
import type { HttpApp } from './server.ts';

/**
 * An idle connection is kept longer than clients and proxies keep theirs: whoever sends while the other side closes
 * gets an error and cannot know whether the request was taken.
 */
const keepAliveMs = 75_000;
/** How often a closing server looks for connections that have become idle. */
const sweepMs = 20;

/** How often connections are looked at whose headers are slow, at the least. */
const checkMs = 5_000;

export interface ListenOptions {
  host: string;
  port: number;
  /** Connections at once; more are closed. */
  maxConnections: number;
  /** How long the headers of a request may take to come. */
  headerTimeoutMs: number;
}

export interface Listening {
  /** `http://host:port`, with the port that was taken. */
  url: string;
  /** No new connections; resolves when the last one has closed. */
  close(): Promise<void>;
  /** Cuts the connections that are still open. */
  cut(): void;
}

/** @throws StartupError when the address cannot be listened on. */
export async function listen(
  app: HttpApp,
  { host, port, maxConnections, headerTimeoutMs }: ListenOptions,
): Promise<Listening> {
  // What writes to the socket by itself needs the platform's own Response.
  const server = createAdaptorServer({
    fetch: (request, env) => app.fetch(request, env as HttpBindings),
    overrideGlobalObjects: false,
    serverOptions: {
      keepAliveTimeout: keepAliveMs,
      headersTimeout: headerTimeoutMs,
      connectionsCheckingInterval: Math.min(headerTimeoutMs, checkMs),
      // A long upload is none that is slow; `cutSlowBody` tells them apart.
      requestTimeout: 0,
    },
  }) as Server;
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new StartupError(reasonOf(error, host, port), { cause: error })));
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        // A connection that was at work when the server closed is kept alive when it becomes idle.
        const sweep = setInterval(() => server.closeIdleConnections(), sweepMs);
        server.close(() => {
          clearInterval(sweep);
          resolve();
        });
      }),
    cut: () => server.closeAllConnections(),
  };
}

function reasonOf(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === 'EADDRINUSE') {
    return `Port ${port} on ${host} is taken: stop what listens there, or set PORT to another one.`;
  }
  if (error.code === 'EACCES')
    return `Port ${port} may not be listened on by this user: set PORT to another one.`;
  return `The gateway cannot listen on ${host}:${port}: ${error.message}.`;
}
