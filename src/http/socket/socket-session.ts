import type { IncomingMessage } from 'node:http';
import { CloseCode } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { whenAborted } from '../../base/when-aborted.ts';
import { apiJson } from '../request/read-body.ts';
import type { RequestFacts } from '../request/request-facts.ts';
import { findOwner, forbidden } from './find-owner.ts';
import { createSocketWriter, type SocketWriter } from './frame-writer.ts';
import { badMessage, type ClientMessage, readMessage, SocketFault } from './messages.ts';
import { acknowledgement, pong } from './operation-frames.ts';
import { createSocketOperations, type SocketOperations } from './operations.ts';
import { authorize } from './sender-headers.ts';
import type { SocketParts } from './socket-parts.ts';
import { limitUnknownBytes, watchLife } from './socket-watch.ts';

export interface SocketSessionOptions {
  socket: WebSocket;
  /** The request that opened the socket. Its connection is that below the WebSocket. */
  incoming: IncomingMessage;
  /** The URL of that request, and the headers of it that say who sends it. */
  opening: { url: string; headers: Headers };
  httpRequestId: string;
  /** What the access log says of that request. */
  facts: RequestFacts;
  /** Called once, when the client or the gateway closes the socket. */
  onClose: () => void;
}

/** How long operations may take to end once the token of their user is no longer valid, in milliseconds. */
const retireMs = 5_000;

/**
 * Speaks the protocol `graphql-transport-ws` with one client. A fault closes the socket. The states, in their order:
 * `unknown` until the client says who it is, `identifying` while that is looked up, `ready` for operations, `retired` from
 * the moment when its token is no longer valid until its operations have ended, `closed`.
 */
export class SocketSession {
  readonly #options: SocketSessionOptions;
  readonly #parts: SocketParts;
  readonly #writer: SocketWriter;
  readonly #operations: SocketOperations;
  readonly #cleanUps: (() => void)[] = [];
  #state: 'unknown' | 'identifying' | 'ready' | 'retired' | 'closed' = 'unknown';
  /** Why the socket was closed. */
  #ended: string | undefined;
  #headers: Headers;
  #stopCounting = () => {};

  constructor(options: SocketSessionOptions, parts: SocketParts) {
    const { socket, incoming, opening } = options;
    this.#options = options;
    this.#parts = parts;
    this.#headers = opening.headers;
    this.#writer = createSocketWriter(socket, incoming.socket);
    this.#operations = createSocketOperations({
      parts,
      writer: this.#writer,
      newRequest: () => this.#newRequest(),
      admit: parts.admit,
      httpRequestId: options.httpRequestId,
      onSettled: () => this.#endIfRetired(),
      ended: () => this.#ended,
    });
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    // `ws` closes the socket itself when a client breaks the rules of WebSocket.
    socket.on('error', () => {});
    socket.on('ping', (data) => this.#writer.pong(data));
    socket.once('close', () => this.#release('the client left'));
    this.#watch();
  }

  /** Closes the socket as the gateway stops. Resolves when the operations have settled. */
  async end(): Promise<void> {
    this.#options.facts.ended = 'the gateway stops';
    // 1001: the gateway goes away. Clients connect again.
    this.#close(new SocketFault(1001, 'The gateway stops'), 'the gateway stops');
    await this.#operations.settled();
  }

  /** Cuts the connection, also if the client has not answered the close. */
  cut(): void {
    this.#options.socket.terminate();
  }

  #watch(): void {
    const { socket, incoming } = this.#options;
    const { initTimeoutMs, heartbeatMs } = this.#parts;
    const late = new SocketFault(
      CloseCode.ConnectionInitialisationTimeout,
      'Connection initialisation timeout',
    );
    const timeout = setTimeout(() => this.#state === 'unknown' && this.#fail(late), initTimeoutMs);
    this.#stopCounting = limitUnknownBytes(incoming.socket, () =>
      this.#fail(badMessage('Say who you are first.')),
    );
    this.#cleanUps.push(
      () => clearTimeout(timeout),
      this.#stopCounting,
      watchLife(socket, this.#writer, heartbeatMs),
    );
  }

  #receive(data: unknown, isBinary: boolean): void {
    if (this.#state === 'closed') return;
    try {
      if (isBinary || !Buffer.isBuffer(data)) throw badMessage('A message is text.');
      this.#take(readMessage(data, apiJson));
    } catch (error) {
      this.#fail(error);
    }
  }

  #take(message: ClientMessage): void {
    switch (message.type) {
      case 'connection_init':
        if (this.#state !== 'unknown') {
          throw new SocketFault(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests');
        }
        this.#initialise(message.payload).catch((error) => this.#fail(error));
        return;
      case 'ping':
        this.#writer.write(pong);
        return;
      case 'pong':
        return;
      case 'subscribe':
        if (this.#state === 'retired') throw forbidden();
        if (this.#state !== 'ready') throw new SocketFault(CloseCode.Unauthorized, 'Unauthorized');
        this.#operations.start(message.id, message.payload);
        return;
      case 'complete':
        this.#operations.stop(message.id);
    }
  }

  async #initialise(params: Readonly<Record<string, unknown>>): Promise<void> {
    const { opening, facts } = this.#options;
    this.#state = 'identifying';
    this.#headers = authorize(opening.headers, params);
    const owner = await findOwner(this.#newRequest(), this.#parts, facts);
    if (this.#state !== 'identifying') return owner[Symbol.dispose]();
    this.#cleanUps.push(() => owner[Symbol.dispose]());
    this.#state = 'ready';
    this.#stopCounting();
    if (owner.lapse) whenAborted(owner.lapse, () => this.#retire());
    this.#writer.write(acknowledgement);
  }

  #newRequest(): Request {
    const { yoga, requestIds } = this.#parts;
    const { opening, httpRequestId, incoming } = this.#options;
    const request = new yoga.fetchAPI.Request(opening.url, { method: 'POST', headers: this.#headers });
    requestIds.share(request, httpRequestId, incoming);
    return request;
  }

  #retire(): void {
    if (this.#state === 'closed') return;
    this.#state = 'retired';
    const timer = setTimeout(() => this.#fail(forbidden()), retireMs);
    this.#cleanUps.push(() => clearTimeout(timer));
    this.#endIfRetired();
  }

  #endIfRetired(): void {
    if (this.#state === 'retired' && this.#operations.running === 0) this.#fail(forbidden());
  }

  #fail(error: unknown): void {
    if (error instanceof SocketFault) {
      this.#close(error, 'the gateway closed the socket');
      return;
    }
    const { log } = this.#parts;
    log.error({ err: error, httpRequestId: this.#options.httpRequestId }, 'a socket failed');
    const fault = new SocketFault(CloseCode.InternalServerError, 'Internal Server Error');
    this.#close(fault, 'a fault of the gateway');
  }

  #close({ code, message }: SocketFault, ended: string): void {
    if (this.#state === 'closed') return;
    this.#release(ended);
    const { socket } = this.#options;
    socket.close(code, message);
    // The answer to the close is read also from a client that has not read what it was sent.
    socket.resume();
  }

  #release(ended: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#ended = ended;
    for (const cleanUp of this.#cleanUps) cleanUp();
    this.#operations.stopAll();
    this.#options.onClose();
  }
}
