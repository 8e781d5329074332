import { type ClientOptions, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { GraphQLAnswer } from './gateway-api.ts';

/** The real client of graphql-ws for a gateway, or for a proxy before it. Default: it does not retry. */
export function socketClient(url: string, options: Partial<ClientOptions> = {}) {
  return createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    ...options,
  });
}

export type SocketClient = ReturnType<typeof socketClient>;

/** Executes one operation over a socket of its own. Resolves with its first result, or rejects with its errors. */
export async function askOverSocket(
  client: SocketClient,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<GraphQLAnswer> {
  for await (const result of client.iterate({ query, variables })) return result as unknown as GraphQLAnswer;
  throw new Error('The operation had no result.');
}

/** The run events of a subscription as they come. Leaving the loop early stops it. */
export async function* runEventsOverSocket(
  client: SocketClient,
  query: string,
  variables: Record<string, unknown>,
) {
  for await (const result of client.iterate({ query, variables })) {
    const { data, errors } = result as unknown as GraphQLAnswer;
    if (errors?.[0]) throw Object.assign(new Error(errors[0].message), errors[0].extensions);
    yield data.chat ?? data.runEvents;
  }
}

/** Tries to open a WebSocket. Resolves with the status of the answer: 101 if it was opened. */
export function handshake(url: string, headers: Record<string, string> = {}): Promise<number> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws', { headers });
  return new Promise((resolve, reject) => {
    socket.once('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.once('unexpected-response', (_request, response) => {
      response.resume();
      socket.terminate();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', (error) => reject(error));
  });
}
