import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/**
 * The ids of HTTP requests, for the log: the header `X-Request-Id` of the client, or else a random id. The `requestId`
 * of a prompt is something else, an idempotency key.
 */
export interface RequestIds {
  /** Gives a request its id. */
  give(request: Request, incoming: IncomingMessage): string;
  /** Undefined for a request that did not come over HTTP. */
  of(request: Request): string | undefined;
}

/** The ids of clients that are taken over. */
const plainId = /^[\w=-]{1,255}$/;

export function createRequestIds(): RequestIds {
  const ids = new WeakMap<Request, string>();
  return {
    give(request, { headers }) {
      const sent = headers['x-request-id'];
      const id = typeof sent === 'string' && plainId.test(sent) ? sent : randomUUID();
      ids.set(request, id);
      return id;
    },
    of: (request) => ids.get(request),
  };
}
