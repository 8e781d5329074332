import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';
import type { RequestIdVariables } from 'hono/request-id';
import type { Logger } from 'pino';

/** Logs one line for every request, without its query string, which may hold a prompt. */
export function accessLog(
  log: Logger,
): MiddlewareHandler<{ Bindings: HttpBindings; Variables: RequestIdVariables }> {
  return async (c, next) => {
    const startedAt = performance.now();
    await next();
    const ms = Math.round(performance.now() - startedAt);
    const { method } = c.req;
    const { incoming, outgoing } = c.env;
    // The path as the client sent it: the path of `c.req` is decoded and may contain line breaks.
    const path = (incoming.url ?? '').replace(/[?#].*$/s, '');
    // Hono does not know the status of a response that a route wrote straight to `outgoing`.
    const status = outgoing.headersSent ? outgoing.statusCode : c.res.status;
    log.info({ httpRequestId: c.get('requestId'), method, path, status, ms }, 'request');
  };
}
