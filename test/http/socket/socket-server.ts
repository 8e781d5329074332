import { once } from 'node:events';
import { createServer, type IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Client, type ClientOptions, createClient } from 'graphql-ws';
import { createYoga } from 'graphql-yoga';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { GatewayError } from '../../../src/errors.ts';
import { anyDocument } from '../../../src/http/request/find-document.ts';
import { maskError } from '../../../src/http/request/mask-error.ts';
import { createSocketHandler } from '../../../src/http/socket/socket-handler.ts';
import type { SocketOptions } from '../../../src/http/socket/socket-parts.ts';
import { createFacts, createStreamSchema, type StreamContext } from '../stream/stream-schema.ts';

const protocol = 'graphql-transport-ws';

/** A node:http server that makes every upgrade a WebSocket of the handler. The user is the Bearer token. */
export async function startSocketServer(overrides: Partial<SocketOptions> = {}) {
  const facts = createFacts();
  const logged: Record<string, unknown>[] = [];
  const handler = createSocketHandler({
    yoga: createYoga<StreamContext>({
      schema: createStreamSchema(facts),
      logging: false,
      maskedErrors: { maskError },
    }),
    owner: async ({ headers }) => {
      const name = headers.get('authorization')?.replace('Bearer ', '') ?? 'anonymous';
      if (name === 'nobody') throw new GatewayError('UNAUTHENTICATED', 'Who are you?');
      if (name === 'unlucky') throw new GatewayError('IDENTITY_UNAVAILABLE', 'No keys.');
      if (name === 'boom') throw new Error('the password is hunter2');
      return { name, watch: () => undefined };
    },
    admit: async () => undefined,
    requestIds: { share() {} },
    findDocument: anyDocument,
    log: pino({ level: 'info' }, { write: (line: string) => void logged.push(JSON.parse(line)) }),
    shared: undefined,
    maxMessageBytes: 10_000,
    maxOperations: 10,
    maxSocketsPerOwner: 0,
    initTimeoutMs: 60_000,
    heartbeatMs: 60_000,
    ...overrides,
  });
  const server = createServer();
  server.on('upgrade', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    const outgoing = new ServerResponse(incoming);
    outgoing.assignSocket(socket);
    outgoing.once('finish', () => socket.end());
    const request = new Request(`http://${incoming.headers.host}${incoming.url}`);
    handler.open({ request, incoming, outgoing, head, httpRequestId: 'request-1' });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `ws://127.0.0.1:${port}/graphql`;
  const clients: Client[] = [];
  return {
    url,
    port,
    facts,
    logged,
    handler,
    /** The real client of graphql-ws. Default: it does not retry. */
    client(options: Partial<ClientOptions> = {}): Client {
      const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, ...options });
      clients.push(client);
      return client;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.dispose()));
      await handler[Symbol.asyncDispose]();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A client that speaks single messages. `messages` grows with what comes. */
export async function openRaw(url: string, protocols: string | string[] = protocol) {
  const socket = new WebSocket(url, protocols);
  const messages: unknown[] = [];
  const waiting = new Set<() => void>();
  socket.on('message', (data) => {
    messages.push(JSON.parse(String(data)));
    for (const wake of waiting) wake();
  });
  const closed = once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
  await once(socket, 'open');
  return {
    socket,
    messages,
    closed,
    send: (message: unknown) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    /** Resolves when so many messages have come. */
    until: (count: number) =>
      new Promise<void>((resolve) => {
        const check = () => {
          if (messages.length < count) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
  };
}

/** Opens a socket and waits until the server knows who it is. */
export async function openKnown(url: string, payload: Record<string, unknown> = {}) {
  const client = await openRaw(url);
  client.send({ type: 'connection_init', payload });
  await client.until(1);
  return client;
}
