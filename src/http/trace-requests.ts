import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Attributes, Span, Traces } from '../traces/traces.ts';
import { isRoutine, partOf, sentPath } from './access-log.ts';
import { factsOf, type RequestFacts } from './request/request-facts.ts';
import { operationAttributes, ownFault } from './request/trace-operation.ts';
import type { ServerApp } from './server.ts';

const routes = new WeakMap<Request, string>();

/** Notes which route answers a request, by its template: `/api/v1/sessions/{session_id}`. */
export function noteRoute(request: Request, route: string): void {
  routes.set(request, route);
}

/**
 * Gives each request a span, in which it is answered. It ends with the response, that of a stream with the stream, and that
 * of a WebSocket with its connection. What comes by itself again and again has none: see `isRoutine`.
 */
export function traceRequests(app: ServerApp, traces: Traces): ServerApp {
  return {
    fetch(request, env) {
      const { incoming, outgoing } = env;
      const span = traces.start(methodOf(incoming), {
        kind: 'server',
        parent: traceContextIn(incoming),
        attributes: requestAttributes(incoming),
      });
      const facts = factsOf(request);
      facts.trace_id = span.traceId;
      outgoing.once('close', () => {
        const path = sentPath(incoming);
        if (isRoutine(path, facts) && outgoing.statusCode < 400) return;
        const route = routes.get(request) ?? partOf(path)?.template;
        if (route !== undefined) span.rename(`${methodOf(incoming)} ${route}`);
        span.set({ 'http.route': route, ...operationAttributes(facts) });
        endWith(outgoing, facts, span);
      });
      return traces.within(span, () => app.fetch(request, env));
    },
  };
}

function endWith(outgoing: ServerResponse, { errorCodes = [] }: RequestFacts, span: Span): void {
  const { statusCode } = outgoing;
  // A client that left before the response began got no status.
  if (outgoing.headersSent || statusCode === 101) {
    span.set({ 'http.response.status_code': statusCode });
    // As the conventions say, what a client does wrong is no error of a server.
    if (errorCodes.includes(ownFault)) span.fail(ownFault);
    else if (statusCode >= 500) span.fail(errorCodes[0] ?? String(statusCode));
  }
  span.end();
}

/** The query string is left out, because it may hold a prompt. */
function requestAttributes(incoming: IncomingMessage): Attributes {
  const { headers, httpVersion } = incoming;
  const method = methodOf(incoming);
  const [, host, port] = /^(.*?)(?::(\d+))?$/.exec(headers.host ?? '') ?? [];
  return {
    'http.request.method': method === 'HTTP' ? '_OTHER' : method,
    'url.path': sentPath(incoming),
    'url.scheme': 'http',
    'server.address': host,
    'server.port': port === undefined ? undefined : Number(port),
    'network.protocol.version': httpVersion,
    'user_agent.original': headers['user-agent'],
  };
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** The name of a span has no text of a client. */
function methodOf({ method = '' }: IncomingMessage): string {
  return methods.has(method) ? method : 'HTTP';
}

function traceContextIn({ headers }: IncomingMessage) {
  const { traceparent, tracestate } = headers;
  if (typeof traceparent !== 'string') return null;
  return { traceparent, ...(typeof tracestate === 'string' && { tracestate }) };
}
