import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, type Socket } from 'node:net';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { type ClientOptions, createClient, type RequestParams } from 'graphql-sse';
import { createYoga } from 'graphql-yoga';
import { pino } from 'pino';
import { GatewayError } from '../../../src/errors.ts';
import { anyDocument } from '../../../src/http/request/find-document.ts';
import { maskError } from '../../../src/http/request/mask-error.ts';
import { createStreamHandler, type StreamHandlerOptions } from '../../../src/http/stream/handler.ts';
import { createFacts, createStreamSchema, type StreamContext } from './stream-schema.ts';

/** A node:http server that answers every request with the stream handler. The user is the header `x-user`. */
export async function startStreamServer(overrides: Partial<StreamHandlerOptions> = {}) {
  const facts = createFacts();
  const logged: string[] = [];
  const signals: AbortSignal[] = [];
  const context = ({ request, signal }: StreamContext) => {
    if (request.headers.get('x-user') === 'nobody') throw new GatewayError('UNAUTHENTICATED', 'Who are you?');
    signals.push(signal);
    return {};
  };
  const handle = createStreamHandler({
    yoga: createYoga<StreamContext>({
      schema: createStreamSchema(facts),
      logging: false,
      context,
      maskedErrors: { maskError },
    }),
    owner: (request) => {
      const user = request.headers.get('x-user') ?? 'anonymous';
      if (user === 'nobody') throw new GatewayError('UNAUTHENTICATED', 'Who are you?');
      return { name: user, watch: () => undefined };
    },
    log: pino({ level: 'error' }, { write: (line: string) => void logged.push(line) }),
    maxBodyBytes: 10_000,
    findDocument: anyDocument,
    maxReservations: 10,
    maxStreamsPerOwner: 0,
    reservationTtlMs: 60_000,
    maxOperationsPerStream: 10,
    heartbeatMs: 60_000,
    ...overrides,
  });
  const server = createServer((incoming, outgoing) => {
    void handle(incoming, outgoing, { httpRequestId: 'request-1' });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/graphql/stream`;

  return {
    url,
    port,
    facts,
    logged,
    /** The signal of every operation that was started. */
    signals,
    handle,
    client: (options: Partial<ClientOptions<boolean>> = {}) =>
      createClient({ url, retryAttempts: 0, ...options }),
    async [Symbol.asyncDispose]() {
      await handle[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type StreamServer = Awaited<ReturnType<typeof startStreamServer>>;

/** All results of an operation, as graphql-sse's client hands them out. */
export async function collect(client: ReturnType<StreamServer['client']>, request: RequestParams) {
  const results: unknown[] = [];
  for await (const result of client.iterate(request)) results.push(result);
  return results;
}

export const acceptStream = { accept: 'text/event-stream' };
export const sendJson = { 'content-type': 'application/json' };

/** The events of a response, comments left out. */
export async function* readEvents(response: Response): AsyncGenerator<EventSourceMessage> {
  const events: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => void events.push(event) });
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* events.splice(0);
  }
}

/** A client that speaks bytes. `received` grows while the socket is read. */
export async function openSocket(port: number) {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const opening = connect(port, '127.0.0.1', () => resolve(opening));
    opening.once('error', reject);
  });
  socket.setEncoding('utf8');
  const client = { socket, received: '' };
  socket.on('data', (text) => {
    client.received += text;
  });
  socket.on('error', () => socket.destroy());
  return client;
}

/** The bytes of a POST. */
export function rawPost(body: string, headers: Record<string, string> = {}): string {
  const all = {
    host: 'localhost',
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST /graphql/stream HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}
