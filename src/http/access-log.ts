import type { HttpBindings } from '@hono/node-server';
import type { Logger } from 'pino';
import { healthPath } from './request/health-path.ts';
import { factsOf, type RequestFacts } from './request/request-facts.ts';

/** Logs one line for a request when its response has ended. */
export type LogAccess = (exchange: HttpBindings & { request: Request; httpRequestId: string }) => void;

/**
 * The line of a stream says how long it lasted and why it ended. The query string is left out, because it may hold a
 * prompt.
 *
 * @param closing Aborts when the gateway begins to close.
 */
export function createAccessLog(log: Logger, closing: AbortSignal): LogAccess {
  return ({ request, incoming, outgoing, httpRequestId }) => {
    const startedAt = performance.now();
    const { method } = incoming;
    const facts = factsOf(request);
    // The path as the client sent it: the path that is routed is decoded and may contain line breaks.
    const path = (incoming.url ?? '').replace(/[?#].*$/s, '');
    outgoing.once('close', () => {
      const ms = Math.round(performance.now() - startedAt);
      const status = outgoing.headersSent ? outgoing.statusCode : undefined;
      const isStream = String(outgoing.getHeader('content-type')).startsWith('text/event-stream');
      const cut = closing.aborted ? 'the gateway stops' : 'the client left';
      const end = outgoing.writableFinished ? isStream && 'complete' : cut;
      const level = isRoutine(path, facts) && status !== undefined && status < 400 ? 'debug' : 'info';
      const ended = end && { ended: facts.ended ?? end };
      log[level]({ httpRequestId, method, path, status, ...facts, ...ended, ms }, 'request');
    });
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
