import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { print } from 'graphql';
import { ask } from '../../client/ask.ts';
import { BackOff, pause } from '../../client/back-off.ts';
import { GatewayError } from '../../client/errors.ts';

export interface GatewayAddress {
  /** Without a path: `http://localhost:8000`. */
  url: string;
  token: string;
}

/** Sends an agent's mutations. */
export interface GatewayClient {
  /**
   * Asks once.
   *
   * @throws GatewayError
   */
  ask<D, V>(document: TypedDocumentNode<D, V>, variables: V, timeoutMs?: number): Promise<D>;
  /**
   * Asks until there is an answer.
   *
   * @param signal Aborts to give up: then a passing GatewayError is thrown.
   * @throws GatewayError that is final.
   */
  askUntilAnswered<D, V>(document: TypedDocumentNode<D, V>, variables: V, signal: AbortSignal): Promise<D>;
}

/** Short, because a gateway that is back waits for the reports of what happened meanwhile. */
const retry = { firstMs: 100, longestMs: 2_000 };

export function createGatewayClient({ url, token }: GatewayAddress): GatewayClient {
  const send = <D, V>(
    document: TypedDocumentNode<D, V>,
    variables: V,
    { timeoutMs = 30_000, signal = new AbortController().signal },
  ) => ask<D>({ url: `${url}/graphql`, token }, { query: print(document), variables }, { timeoutMs, signal });
  return {
    ask: (document, variables, timeoutMs = 30_000) => send(document, variables, { timeoutMs }),
    async askUntilAnswered(document, variables, signal) {
      const backOff = new BackOff(retry);
      for (;;) {
        try {
          return await send(document, variables, { signal });
        } catch (error) {
          if (signal.aborted || !(error instanceof GatewayError) || !error.isPassing) throw error;
          await pause(backOff.next(error.retryAfterMs), signal);
        }
      }
    },
  };
}
