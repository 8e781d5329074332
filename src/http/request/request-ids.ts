import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/**
 * The ids of HTTP requests, for the log: the header `X-Request-Id` of the client, or else a random id. The `requestId`
 * of a prompt is something else, an idempotency key.
 */
export interface RequestIds {
  /** Gives a request its id. */
  give(request: Request, incoming: IncomingMessage): string;
  /** Gives an operation that came over a WebSocket the id of the request that opened the socket. */
  share(request: Request, id: string, socket: Socket): void;
  /** Undefined for a request that did not come over HTTP. */
  of(request: Request): string | undefined;
  /** The address that a request came from: of the last proxy, if there is one. Null if it did not come over HTTP. */
  addressOf(request: Request): string | null;
}

/** The ids of clients that are taken over. */
const plainId = /^[\w=-]{1,255}$/;

export function createRequestIds(): RequestIds {
  const known = new WeakMap<Request, { id: string; socket: Socket }>();
  return {
    give(request, { headers, socket }) {
      const sent = headers['x-request-id'];
      const id = typeof sent === 'string' && plainId.test(sent) ? sent : randomUUID();
      known.set(request, { id, socket });
      return id;
    },
    share: (request, id, socket) => void known.set(request, { id, socket }),
    of: (request) => known.get(request)?.id,
    addressOf: (request) => known.get(request)?.socket.remoteAddress ?? null,
  };
}
