import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { refusal } from '../../errors.ts';
import { HolderCount } from '../../limits/holder-count.ts';
import { sendRefusal } from '../request/refusal.ts';
import { factsOf } from '../request/request-facts.ts';
import type { RouteBindings } from '../request/route-bindings.ts';
import { createFrameBudget } from '../stream/frame-budget.ts';
import { headersOf } from './sender-headers.ts';
import type { SocketOptions, SocketParts } from './socket-parts.ts';
import { SocketSession } from './socket-session.ts';

/** A request that has passed the guards and wants to become a WebSocket. */
export interface Opening extends RouteBindings {
  request: Request;
  /** The bytes that came behind the request. */
  head: Buffer;
}

/** Opens the WebSockets of a gateway. Disposing closes them all, so that their clients connect again. */
export interface SocketHandler extends AsyncDisposable {
  open(opening: Opening): void;
}

/** How long a client may take to answer a close, in milliseconds. */
const closeMs = 2_000;
/** How long a closing gateway waits for these answers. */
const farewellMs = 500;

export function createSocketHandler(options: SocketOptions): SocketHandler {
  const parts: SocketParts = { ...options, frameBudget: createFrameBudget(), owners: new HolderCount() };
  const sessions = new Set<SocketSession>();
  const open = new Set<WebSocket>();
  const server = createServer(options);
  const serve = (socket: WebSocket, { incoming, outgoing, request, httpRequestId }: Opening) => {
    // For the access log, which writes its line when the socket is closed.
    outgoing.statusCode = 101;
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    if (socket.protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL) {
      socket.on('error', () => {});
      socket.close(CloseCode.SubprotocolNotAcceptable, 'Subprotocol not acceptable');
      return;
    }
    const facts = factsOf(request);
    const opening = { url: request.url, headers: headersOf(incoming) };
    const onClose = () => sessions.delete(session);
    const session: SocketSession = new SocketSession(
      { socket, incoming, opening, httpRequestId, facts, onClose },
      parts,
    );
    sessions.add(session);
  };
  return {
    open(opening) {
      const { incoming, head } = opening;
      openings.set(incoming, opening);
      server.handleUpgrade(incoming, incoming.socket, head, (socket) => serve(socket, opening));
    },
    async [Symbol.asyncDispose]() {
      const settled = Promise.all([...sessions].map((session) => session.end()));
      const closed = [...open].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
      await Promise.race([Promise.all(closed), delay(farewellMs, undefined, { ref: false })]);
      for (const socket of open) socket.terminate();
      await settled;
    },
  };
}

/** The requests whose handshakes `ws` checks. It knows them by what Node.js calls a request. */
const openings = new WeakMap<IncomingMessage, Opening>();

function createServer({ maxMessageBytes }: SocketOptions): WebSocketServer {
  const options = {
    noServer: true,
    clientTracking: false,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    // Messages that come together are taken one in a turn of the event loop, so that others are served in between.
    allowSynchronousEvents: false,
    // Pongs obey the same rules as all that is written.
    autoPong: false,
    // The types of `ws` do not know this option yet.
    closeTimeout: closeMs,
    handleProtocols: (protocols: Set<string>) =>
      protocols.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) && GRAPHQL_TRANSPORT_WS_PROTOCOL,
  };
  const server = new WebSocketServer(options);
  server.on('headers', (headers, incoming) => {
    headers.push(`X-Request-Id: ${openings.get(incoming)?.httpRequestId}`);
  });
  server.on('wsClientError', ({ message }: Error, tcp: Socket, incoming: IncomingMessage) => {
    const opening = openings.get(incoming);
    if (!opening) return void tcp.destroy();
    const headers = { connection: 'close', 'sec-websocket-version': '13' };
    sendRefusal(
      opening.outgoing,
      '/graphql',
      refusal('BAD_REQUEST', `The handshake is wrong: ${message}.`, headers),
    );
  });
  return server;
}
