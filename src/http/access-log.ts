import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';
import type { RequestIdVariables } from 'hono/request-id';
import type { Logger } from 'pino';

/** A line for every request: never its query string, which may hold a prompt. */
export function accessLog(
  log: Logger,
): MiddlewareHandler<{ Bindings: HttpBindings; Variables: RequestIdVariables }> {
  return async (c, next) => {
    const startedAt = performance.now();
    await next();
    const ms = Math.round(performance.now() - startedAt);
    const { method, path } = c.req;
    const { outgoing } = c.env;
    // What was written straight to the response is not in Hono's.
    const status = outgoing.headersSent ? outgoing.statusCode : c.res.status;
    log.info({ httpRequestId: c.get('requestId'), method, path, status, ms }, 'request');
  };
}
