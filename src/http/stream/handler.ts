import type { IncomingMessage, ServerResponse } from 'node:http';
import { TOKEN_HEADER_KEY, TOKEN_QUERY_KEY } from 'graphql-sse';
import type { Logger } from 'pino';
import { type GatewayError, refusal } from '../../errors.ts';
import type { ReadOptions } from '../request/read-params.ts';
import { createDistinctMode, type DistinctMode } from './distinct-mode.ts';
import { type Exchange, type ExchangeInit, openExchange } from './exchange.ts';
import { createFrameBudget } from './frame-budget.ts';
import type { GraphQLServer } from './graphql-server.ts';
import { createErrorPresenter } from './present-error.ts';
import { refuse } from './refuse.ts';
import { createReservations } from './reservations.ts';
import { createSharedResults, type IsShareable } from './shared-results.ts';
import {
  openStream,
  reserveStream,
  type SingleModeOptions,
  startOperation,
  stopOperation,
} from './single-mode.ts';
import type { StreamOwner } from './stream-owner.ts';

export interface StreamHandlerOptions extends ReadOptions {
  /** Parses, validates, builds contexts and executes queries and mutations, with all its plugins. */
  yoga: GraphQLServer;
  /**
   * Finds who sends a request: only the owner of a reserved stream may use it. An error that it throws refuses the
   * request before its body is read.
   */
  owner: (request: Request) => StreamOwner | Promise<StreamOwner>;
  log: Logger;
  /**
   * Tells for which values of a subscription followers may share results; default: for no value. It must hold for
   * any selection: return true only for values none of whose fields depends on the viewer.
   */
  isShareable?: IsShareable;
  /** Reservations that may wait to be opened at a time. */
  maxReservations: number;
  /** Streams of single connection mode of one owner, waiting or open; 0: no limit. */
  maxStreamsPerOwner: number;
  /** Milliseconds within which a reservation must be opened. */
  reservationTtlMs: number;
  /** Operations that one stream of single connection mode carries at a time. */
  maxOperationsPerStream: number;
  /** Milliseconds between the comments that keep a silent stream open. */
  heartbeatMs: number;
}

/** Answers one request with graphql-sse's protocol. Resolves when the answer has ended; never rejects. */
export interface StreamHandler extends AsyncDisposable {
  (incoming: IncomingMessage, outgoing: ServerResponse, init: ExchangeInit): Promise<void>;
}

interface Modes extends SingleModeOptions {
  owner: StreamHandlerOptions['owner'];
  distinct: DistinctMode;
}

/**
 * GraphQL over server-sent events in both modes of graphql-sse's protocol, written to the response directly.
 * Resolvers find the `signal` of their operation in the context. Disposing ends all streams, so that their
 * clients connect again, and waits until their operations have let go.
 */
export function createStreamHandler(options: StreamHandlerOptions): StreamHandler {
  const { yoga, log, isShareable } = options;
  const shared = isShareable && createSharedResults(isShareable);
  const inFlight = new Set<Promise<void>>();
  const frameBudget = createFrameBudget();
  const onError = (err: unknown) => log.error({ err }, 'Delivering an operation failed.');
  const distinct = createDistinctMode({ ...options, frameBudget });
  const reservations = createReservations({ ...options, onError });
  const modes: Modes = { ...options, frameBudget, distinct, reservations };
  let closing = false;

  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse, init: ExchangeInit) => {
    const present = createErrorPresenter(log, init.httpRequestId);
    try {
      if (closing) throw refusal('SHUTTING_DOWN', 'The gateway is shutting down.');
      await route(openExchange(yoga, incoming, outgoing, init, { present, shared }), modes);
    } catch (error) {
      refuse(outgoing, error, present);
    } finally {
      // What is left of the body would block the connection's next request.
      incoming.resume();
    }
  };
  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse, init: ExchangeInit) => {
    const answered = answer(incoming, outgoing, init);
    inFlight.add(answered);
    await answered;
    inFlight.delete(answered);
  };
  const dispose = async () => {
    closing = true;
    distinct.close();
    await reservations.close();
    await Promise.all(inFlight);
  };
  return Object.assign(handle, { [Symbol.asyncDispose]: dispose });
}

async function route(exchange: Exchange, modes: Modes): Promise<void> {
  const { incoming, init, url, request, accept } = exchange;
  const { method = '' } = incoming;
  const { owner, distinct, reservations } = modes;
  if (!['GET', 'POST', 'PUT', 'DELETE'].includes(method)) {
    const allow = { allow: 'GET, POST, PUT, DELETE' };
    throw refusal('METHOD_NOT_ALLOWED', `${method} is not a method of this stream.`, allow);
  }
  const user = await owner(init.sentRequest ?? request);
  if (method === 'PUT') return reserveStream(exchange, user.name, reservations);

  const token = readToken(incoming, url);
  const stream = token ? reservations.find(token, user.name) : undefined;
  if (method !== 'DELETE' && accept.names('text/event-stream')) {
    const isReserved = token && method === 'GET' && !url.searchParams.has('query');
    if (!stream && !isReserved) return distinct.serve(exchange);
    if (stream && token && wantsToOpen(exchange))
      return openStream(exchange, { token, stream }, user, reservations);
  }
  if (!stream || !token) throw streamNotFound(token);
  if (method === 'DELETE') return stopOperation(exchange, { token, stream });
  return startOperation(exchange, { token, stream }, modes);
}

function readToken({ headers }: IncomingMessage, url: URL): string | undefined {
  const inHeader = headers[TOKEN_HEADER_KEY];
  return (typeof inHeader === 'string' && inHeader) || url.searchParams.get(TOKEN_QUERY_KEY) || undefined;
}

/** Clients that list all they could read send an operation with POST and open a stream with GET. */
function wantsToOpen({ incoming, accept }: Exchange): boolean {
  if (incoming.method === 'GET') return true;
  return accept.quality('text/event-stream') > accept.quality('application/json');
}

function streamNotFound(token: string | undefined): GatewayError {
  const hint = token ? '' : ' Send a stream token, or accept text/event-stream.';
  return refusal('NOT_FOUND', `Stream not found.${hint}`);
}
