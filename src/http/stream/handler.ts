import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TOKEN_HEADER_KEY, TOKEN_QUERY_KEY } from 'graphql-sse';
import type { Logger } from 'pino';
import { type GatewayError, refusal } from '../../errors.ts';
import { streamHeaders } from '../../sse/event-stream.ts';
import type { Traces } from '../../traces/traces.ts';
import { type ReadOptions, readParams } from '../request/read-params.ts';
import { factsOf } from '../request/request-facts.ts';
import { createDistinctMode, type DistinctMode } from './distinct-mode.ts';
import { type Exchange, type ExchangeInit, openExchange } from './exchange.ts';
import { createFrameBudget } from './frame-budget.ts';
import type { GraphQLServer } from './graphql-server.ts';
import { createErrorPresenter } from './present-error.ts';
import { refuseStream } from './refuse-stream.ts';
import { createReservations } from './reservations.ts';
import { createSharedResults, type IsShareable, type ViewerOf } from './shared-results.ts';
import {
  openStream,
  reserveStream,
  type SingleModeOptions,
  startOperation,
  stopOperation,
} from './single-mode.ts';
import type { LocalStreams, StreamHomes } from './stream-homes.ts';
import type { StreamOwner } from './stream-owner.ts';

export interface StreamHandlerOptions extends ReadOptions {
  yoga: GraphQLServer;
  /**
   * Finds the sender of a request, because only the owner of a reserved stream may use it. If it throws an error, the
   * request is refused before its body is read.
   */
  owner: (request: Request) => StreamOwner | Promise<StreamOwner>;
  log: Logger;
  /**
   * Tells for which values of a subscription followers may share results. Return true only if no field of the value
   * depends on the viewer, because it applies to every selection. Default: followers share no results.
   */
  isShareable?: IsShareable;
  /** Names the viewer, whose followers share a result while it is executed. Default: they share no such result. */
  viewerOf?: ViewerOf;
  /** Most reserved streams of the gateway that are not open yet. */
  maxReservations: number;
  /** Most streams of single connection mode of one owner, reserved or open. 0: no limit. */
  maxStreamsPerOwner: number;
  /** Milliseconds within which a reserved stream must be opened. */
  reservationTtlMs: number;
  /** Most operations that one stream of single connection mode carries at a time. */
  maxOperationsPerStream: number;
  /** Milliseconds between the comments that keep a silent stream open. */
  heartbeatMs: number;
  /** Finds streams of single connection mode on other gateways. Undefined for a gateway that runs alone. */
  homes?: StreamHomes | undefined;
  /** Undefined for a gateway that makes no traces. */
  traces?: Traces | undefined;
}

/** Answers one request in graphql-sse's protocol. Resolves when the response has ended; never rejects. */
export interface StreamHandler extends AsyncDisposable {
  (incoming: IncomingMessage, outgoing: ServerResponse, init: ExchangeInit): Promise<void>;
  /** Gives up a reserved stream for another gateway: see `LocalStreams`. */
  readonly give: LocalStreams['give'];
}

interface Modes extends SingleModeOptions {
  owner: StreamHandlerOptions['owner'];
  distinct: DistinctMode;
  homes: StreamHomes | undefined;
}

/**
 * Serves GraphQL over server-sent events in both modes of graphql-sse's protocol. Writes to the response of Node.js
 * directly. Resolvers find the `signal` of their operation in the context. Disposing ends all streams, so that their
 * clients connect again, and waits until their operations have ended.
 */
export function createStreamHandler(options: StreamHandlerOptions): StreamHandler {
  const { yoga, log, isShareable, viewerOf, homes } = options;
  const shared = isShareable && createSharedResults(isShareable, viewerOf);
  const inFlight = new Set<Promise<void>>();
  const frameBudget = createFrameBudget();
  const onError = (err: unknown) => log.error({ err }, 'Delivering an operation failed.');
  let closing = false;
  const isClosing = () => closing;
  const distinct = createDistinctMode({ ...options, frameBudget, isClosing });
  const newToken = homes?.newToken ?? randomUUID;
  const reservations = createReservations({ ...options, newToken, onError });
  const modes: Modes = { ...options, frameBudget, distinct, reservations, isClosing, homes };

  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse, init: ExchangeInit) => {
    const facts = init.sentRequest ? factsOf(init.sentRequest) : {};
    const present = createErrorPresenter(log, init.httpRequestId, facts);
    try {
      if (closing) throw refusal('SHUTTING_DOWN', 'The gateway is shutting down.');
      await route(openExchange(yoga, incoming, outgoing, init, { present, shared, facts }), modes);
    } catch (error) {
      refuseStream(outgoing, error, present);
    } finally {
      // An unread rest of the body would block the next request of the connection.
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
  return Object.assign(handle, { give: reservations.give, [Symbol.asyncDispose]: dispose });
}

async function route(exchange: Exchange, modes: Modes): Promise<void> {
  const { incoming, init, url, request, accept } = exchange;
  const { method = '' } = incoming;
  const { owner, distinct, reservations } = modes;
  if (!['GET', 'HEAD', 'POST', 'PUT', 'DELETE'].includes(method)) {
    const allow = { allow: 'GET, HEAD, POST, PUT, DELETE' };
    throw refusal('METHOD_NOT_ALLOWED', 'Use GET, POST, PUT or DELETE.', allow);
  }
  const user = await owner(init.sentRequest ?? request);
  if (user.onlyFollows) return distinct.serve(exchange, user);
  if (method === 'PUT') return reserveStream(exchange, user.name, reservations);

  if (method === 'HEAD' && accept.names('text/event-stream')) return describeStream(exchange, modes);

  const token = readToken(incoming, url);
  const stream = token ? reservations.find(token, user.name) : undefined;
  if (method !== 'DELETE' && accept.names('text/event-stream')) {
    const isReserved = token && method === 'GET' && !url.searchParams.has('query');
    if (!stream && isReserved) {
      if (await modes.homes?.take(token, user.name)) return openTaken(exchange, token, user, modes);
      throw streamNotFound(token);
    }
    if (!stream && !isReserved) return distinct.serve(exchange, user);
    if (stream && token && wantsToOpen(exchange))
      return openStream(exchange, { token, stream }, user, reservations);
  }
  if (!stream && token && (await modes.homes?.passOn(token, incoming, exchange.outgoing))) return;
  if (!stream || !token) throw streamNotFound(token);
  if (method === 'DELETE') return stopOperation(exchange, { token, stream });
  return startOperation(exchange, { token, stream }, modes);
}

/** `GET` of a stream that another gateway has reserved. */
async function openTaken(
  exchange: Exchange,
  token: string,
  user: StreamOwner,
  { reservations, homes }: Modes,
): Promise<void> {
  const stream = reservations.adopt(token, user.name);
  using _ = homes?.announce(token);
  await openStream(exchange, { token, stream }, user, reservations);
}

/** `HEAD`: answers with the headers of the stream, and starts no operation. */
async function describeStream({ incoming, outgoing, url }: Exchange, modes: Modes): Promise<void> {
  if (!readToken(incoming, url)) await readParams(incoming, url, modes);
  outgoing.writeHead(200, streamHeaders).end();
}

function readToken({ headers }: IncomingMessage, url: URL): string | undefined {
  const inHeader = headers[TOKEN_HEADER_KEY];
  return (typeof inHeader === 'string' && inHeader) || url.searchParams.get(TOKEN_QUERY_KEY) || undefined;
}

/** A client that accepts both types opens a stream with GET and sends an operation with POST. */
function wantsToOpen({ incoming, accept }: Exchange): boolean {
  if (incoming.method === 'GET') return true;
  return accept.quality('text/event-stream') > accept.quality('application/json');
}

function streamNotFound(token: string | undefined): GatewayError {
  const hint = token ? '' : ' Send a stream token, or accept text/event-stream.';
  return refusal('NOT_FOUND', `Stream not found.${hint}`);
}
