import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';
import type { RequestIdVariables } from 'hono/request-id';
import type { Logger } from 'pino';
import { healthPath } from './request/health-path.ts';
import { factsOf, type RequestFacts } from './request/request-facts.ts';

/**
 * Logs one line for every request when its response has ended, so that the line of a stream says how long it lasted and
 * why it ended. The query string is left out, because it may hold a prompt.
 *
 * @param closing Aborts when the gateway begins to close.
 */
export function accessLog(
  log: Logger,
  closing: AbortSignal,
): MiddlewareHandler<{ Bindings: HttpBindings; Variables: RequestIdVariables }> {
  return async (c, next) => {
    const startedAt = performance.now();
    const { method, raw } = c.req;
    const httpRequestId = c.get('requestId');
    const { incoming, outgoing } = c.env;
    const facts = factsOf(raw);
    // The path as the client sent it: the path of `c.req` is decoded and may contain line breaks.
    const path = (incoming.url ?? '').replace(/[?#].*$/s, '');
    outgoing.once('close', () => {
      const ms = Math.round(performance.now() - startedAt);
      const status = outgoing.headersSent ? outgoing.statusCode : undefined;
      const isStream = String(outgoing.getHeader('content-type')).startsWith('text/event-stream');
      const cut = closing.aborted ? 'the gateway stops' : 'the client left';
      const end = outgoing.writableFinished ? isStream && 'complete' : cut;
      const level = isRoutine(path, facts) && status !== undefined && status < 400 ? 'debug' : 'info';
      const line = {
        httpRequestId,
        method,
        path,
        status,
        ...facts,
        ...(end && { ended: facts.ended ?? end }),
      };
      log[level]({ ...line, ms }, 'request');
    });
    await next();
  };
}

/** What agents report all the time. */
const reports = new Set([
  'acknowledgeDispatch',
  'appendDispatchOutput',
  'finishDispatch',
  'nodeHeartbeat',
  'reportDispatchCheck',
]);

/** Whether the request comes so often by itself that it says nothing to an operator: a health check, a report of an agent. */
function isRoutine(path: string, { nodeId, rootFields, errorCodes }: RequestFacts): boolean {
  if (errorCodes) return false;
  if (nodeId !== undefined && rootFields) return rootFields.every((field) => reports.has(field));
  return healthPath.test(path);
}
