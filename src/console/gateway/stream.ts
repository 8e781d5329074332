import { type Client, createClient, NetworkError } from 'graphql-sse';
import {
  type ErrorLike,
  type GatewayError,
  gatewayErrorOf,
  gatewayErrorOfResponse,
  unreachable,
} from '../../client/errors.ts';
import { randomId } from '../../client/random-id.ts';
import type { Follow } from './follow.ts';

export interface StreamOptions {
  headers(): Record<string, string>;
  /** The stream is open. */
  opened(): void;
  /** The stream is gone, or something on it will only go well later. Called once; then it is closed. */
  lost(error: GatewayError): void;
}

/** One connection to the gateway that carries any number of subscriptions. */
export interface Stream {
  start(follow: Follow<unknown, unknown>, ended: () => void): () => void;
  close(): void;
}

/**
 * Browsers open few connections to one address, over all their tabs: each page takes one. The client of
 * graphql-sse carries the subscriptions; coming back is not its business.
 */
export function openStream({ headers, opened, lost }: StreamOptions): Stream {
  const accepted = new Map<string, () => void>();
  let closed = false;
  let nextId = '';

  const client: Client<true> = createClient({
    url: '/graphql/stream',
    singleConnection: true,
    retryAttempts: 0,
    // A function, because the client adds to the object it gets.
    headers: () => ({ ...headers() }),
    generateID: () => nextId,
    fetchFn: async (url: string, init: RequestInit) => {
      const response = await fetch(url, init);
      if (init.method === 'POST' && response.ok) accepted.get(operationIdOf(init))?.();
      return response;
    },
    on: { connected: opened },
  });

  const lose = async (error: unknown) => {
    if (closed) return;
    close();
    const response = error instanceof NetworkError ? (error.response as Response | undefined) : undefined;
    lost(response ? await gatewayErrorOfResponse(response) : unreachable(error));
  };
  const close = () => {
    closed = true;
    client.dispose();
  };

  return {
    close,
    start(follow, ended) {
      const id = randomId();
      nextId = id;
      let over = false;
      const refuse = (errors: readonly ErrorLike[]) => {
        const error = gatewayErrorOf(errors);
        over = true;
        if (error.isUnauthenticated || error.isPassing) {
          close();
          lost(error);
        } else {
          ended();
          follow.refused(error);
        }
      };
      if (follow.accepted) accepted.set(id, () => !closed && !over && follow.accepted?.());
      const stop = client.subscribe<unknown>(
        { query: String(follow.document), variables: follow.variables() as Record<string, unknown> },
        {
          next({ data, errors }) {
            if (closed || over) return;
            if (errors && errors.length > 0) refuse(errors as readonly ErrorLike[]);
            else follow.next(data);
          },
          error: (error) => void lose(error),
          complete() {
            if (closed || over) return;
            ended();
            follow.completed();
          },
        },
      );
      return () => {
        over = true;
        stop();
      };
    },
  };
}

function operationIdOf({ body }: RequestInit): string {
  return (JSON.parse(String(body)) as { extensions: { operationId: string } }).extensions.operationId;
}
