import { print } from 'graphql';
import { type Client, createClient } from '../../client/client.ts';
import type { Document } from '../../client/document.ts';
import { createRetry } from '../../client/retry.ts';

export interface GatewayAddress {
  /** Without a path: `http://localhost:8000`. */
  url: string;
  token: string;
}

/** Sends an agent's mutations, and opens its inbox. */
export interface GatewayClient extends Pick<Client, 'subscribe'> {
  /**
   * Asks once.
   *
   * @param timeoutMs How long the response may take, in milliseconds. Default: 30,000.
   * @throws GatewayError
   */
  ask<D, V>(document: Document<D, V>, variables: V, timeoutMs?: number): Promise<D>;
  /**
   * Repeats a mutation until the gateway responds.
   *
   * @param signal Aborts to give up: then its reason is thrown.
   * @throws GatewayError that is final.
   */
  askUntilAnswered<D, V>(document: Document<D, V>, variables: V, signal: AbortSignal): Promise<D>;
}

/** Short pauses, because a gateway that is back waits for the reports of what happened meanwhile. */
const retry = createRetry({ firstMs: 100, longestMs: 2_000, attempts: Number.POSITIVE_INFINITY });

export function createGatewayClient({ url, token }: GatewayAddress): GatewayClient {
  const client = createClient({ url: `${url}/graphql`, token, print, retry });
  return {
    subscribe: client.subscribe,
    ask: (document, variables, timeoutMs = 30_000) => client.ask(document, variables, { timeoutMs }),
    askUntilAnswered: (document, variables, signal) =>
      client.ask(document, variables, { retry: true, signal }),
  };
}
