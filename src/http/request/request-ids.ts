import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ClientAddress } from './client-address.ts';

/**
 * The ids of HTTP requests, for the log: the header `X-Request-Id` of the client, or else a random id. The `requestId`
 * of a prompt is something else, an idempotency key. Also the addresses of their clients.
 */
export interface RequestIds {
  /** Gives a request its id. */
  give(request: Request, incoming: IncomingMessage): string;
  /** Gives an operation that came over a WebSocket the id of the request that opened the socket. */
  share(request: Request, id: string, opening: IncomingMessage): void;
  /** Undefined for a request that did not come over HTTP. */
  of(request: Request): string | undefined;
  /** The address of the client that sent a request. Null if it did not come over HTTP. */
  addressOf(request: Request): string | null;
}

/** The ids of clients that are taken over. */
const plainId = /^[\w=-]{1,255}$/;

export function createRequestIds(clientAddress: ClientAddress): RequestIds {
  const known = new WeakMap<Request, { id: string; incoming: IncomingMessage }>();
  return {
    give(request, incoming) {
      const sent = incoming.headers['x-request-id'];
      const id = typeof sent === 'string' && plainId.test(sent) ? sent : randomUUID();
      known.set(request, { id, incoming });
      return id;
    },
    share: (request, id, incoming) => void known.set(request, { id, incoming }),
    of: (request) => known.get(request)?.id,
    addressOf(request) {
      const incoming = known.get(request)?.incoming;
      return incoming ? clientAddress(incoming) : null;
    },
  };
}
