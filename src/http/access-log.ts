import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Logger } from 'pino';
import type { Metrics } from '../metrics/metrics.ts';
import { healthPath } from './request/health-path.ts';
import { factsOf, type RequestFacts } from './request/request-facts.ts';

/** Logs one line for a request when its response has ended. */
export type LogAccess = (exchange: HttpBindings & { request: Request; httpRequestId: string }) => void;

/**
 * Counts the request in the metrics, too. The line of a stream says how long it lasted and why it ended. The query string is left out, because it may hold a
 * prompt.
 *
 * @param closing Aborts when the gateway begins to close.
 */
export function createAccessLog(log: Logger, closing: AbortSignal, metrics?: Metrics): LogAccess {
  return ({ request, incoming, outgoing, httpRequestId }) => {
    const startedAt = performance.now();
    const { method } = incoming;
    const facts = factsOf(request);
    const path = sentPath(incoming);
    outgoing.once('close', () => {
      const exactMs = performance.now() - startedAt;
      const ms = Math.round(exactMs);
      // A WebSocket has its connection until it is closed, and writes its headers itself.
      const isSocket = outgoing.statusCode === 101;
      const status = outgoing.headersSent || isSocket ? outgoing.statusCode : undefined;
      const isStream = isSocket || String(outgoing.getHeader('content-type')).startsWith('text/event-stream');
      metrics?.requestEnded(routeOf(path, facts), status, isStream ? undefined : exactMs / 1_000);
      const cut = closing.aborted ? 'the gateway stops' : 'the client left';
      const end = outgoing.writableFinished ? isStream && 'complete' : cut;
      const level = isRoutine(path, facts) && status !== undefined && status < 400 ? 'debug' : 'info';
      const ended = end && { ended: facts.ended ?? end };
      log[level]({ httpRequestId, method, path, status, ...facts, ...ended, ms }, 'request');
    });
  };
}

/** The path as the client sent it: the path that is routed is decoded and may contain line breaks. */
export function sentPath({ url = '' }: IncomingMessage): string {
  return url.replace(/[?#].*$/s, '');
}

/** The parts of the gateway, by how their paths begin. */
const parts = [
  ['/graphql/stream', 'graphql-stream'],
  ['/graphql', 'graphql'],
  ['/api/v1', 'rest'],
  ['/v1', 'openai'],
  ['/ai-sdk', 'ai-sdk'],
  ['/ag-ui', 'ag-ui'],
  ...['health', 'metrics', 'workspaces', 'console', 'docs'].map((part) => [`/${part}`, part] as const),
] as const;

/** What metrics call the route of a request: a client's text would make a new row of numbers for each path. */
function routeOf(path: string, { operationId }: RequestFacts): string {
  return operationId ?? partOf(path)?.name ?? 'other';
}

/** The part of the gateway that a path belongs to, and its route: `/console/*`. Undefined for a path that no part has. */
export function partOf(path: string): { name: string; template: string } | undefined {
  for (const [begin, name] of parts) {
    if (path === begin) return { name, template: begin };
    if (path.startsWith(`${begin}/`)) return { name, template: `${begin}/*` };
  }
  return undefined;
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
export function isRoutine(path: string, { nodeId, rootFields, errorCodes }: RequestFacts): boolean {
  if (errorCodes) return false;
  if (nodeId !== undefined && rootFields) return rootFields.every((field) => reports.has(field));
  return healthPath.test(path) || path === '/metrics';
}
