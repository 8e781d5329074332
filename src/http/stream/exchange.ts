import type { IncomingMessage, ServerResponse } from 'node:http';
import { refusal } from '../../errors.ts';
import { type Accept, parseAccept } from '../request/accept.ts';
import type { RequestParams } from '../request/read-params.ts';
import type { RequestContext } from '../request/request-context.ts';
import { noteErrors, type RequestFacts } from '../request/request-facts.ts';
import type { GraphQLServer } from './graphql-server.ts';
import { type PreparedOperation, prepareOperation } from './prepare-operation.ts';
import type { Presentation } from './results.ts';

/** Facts about a request that become part of the context of its operation. */
export type ExchangeInit = Pick<RequestContext, 'httpRequestId' | 'sentRequest'>;

/** One HTTP request and its response. */
export interface Exchange extends Presentation {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly init: ExchangeInit;
  readonly url: URL;
  readonly accept: Accept;
  /** The request for plugins. Its body is read from `incoming`, and its signal is not that of the operation. */
  readonly request: Request;
  /** Aborts the operation of this request. */
  readonly abort: AbortController;
  /** What the access log says of this request. */
  readonly facts: RequestFacts;
}

export function openExchange(
  yoga: GraphQLServer,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  init: ExchangeInit,
  parts: Presentation & Pick<Exchange, 'facts'>,
): Exchange {
  const url = parseTarget(incoming);
  const abort = new AbortController();
  const request = init.sentRequest ?? requestOf(yoga, incoming, url);
  return {
    incoming,
    outgoing,
    init,
    url,
    accept: parseAccept(incoming.headers.accept),
    request,
    abort,
    ...parts,
  };
}

/** The request of a server that has made none, without its body. */
function requestOf(yoga: GraphQLServer, incoming: IncomingMessage, url: URL): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headersDistinct)) {
    for (const item of value ?? []) headers.append(name, item);
  }
  return new yoga.fetchAPI.Request(url.href, { method: incoming.method ?? 'GET', headers });
}

/**
 * Parses and validates the operation of an exchange.
 *
 * @throws GatewayError for an operation that must not come over GET.
 */
export function prepareExchange(
  yoga: GraphQLServer,
  exchange: Exchange,
  params: RequestParams,
): PreparedOperation {
  const { incoming, outgoing, init, request, abort, facts } = exchange;
  const context = { ...init, req: incoming, res: outgoing, request, params, signal: abort.signal };
  const operation = prepareOperation(yoga.getEnveloped(context), params, exchange);
  noteErrors(facts, operation.errors);
  return operation;
}

function parseTarget({ url = '/', headers: { host = 'localhost' } }: IncomingMessage): URL {
  try {
    return new URL(url, `http://${host}`);
  } catch {
    throw refusal('BAD_REQUEST', 'The request target or the Host header is malformed.');
  }
}
