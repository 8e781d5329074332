import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { type ExecutionResult, print } from 'graphql';
import { BackOff, pause } from './back-off.ts';
import { dataOf, errorOf, GatewayRefusal, GatewayUnreachable } from './gateway-error.ts';

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
   * @throws GatewayRefusal or GatewayUnreachable.
   */
  ask<D, V>(document: TypedDocumentNode<D, V>, variables: V, timeoutMs?: number): Promise<D>;
  /**
   * Asks until there is an answer.
   *
   * @param signal Aborts to give up: then a GatewayUnreachable is thrown.
   * @throws GatewayRefusal.
   */
  askUntilAnswered<D, V>(document: TypedDocumentNode<D, V>, variables: V, signal: AbortSignal): Promise<D>;
}

const longestMs = 30_000;
/** Short: a gateway that is back waits for what happened meanwhile, and not for long. */
const retry = { firstMs: 100, longestMs: 2_000 };

export function createGatewayClient({ url, token }: GatewayAddress): GatewayClient {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  async function ask<D, V>(
    document: TypedDocumentNode<D, V>,
    variables: V,
    timeoutMs = longestMs,
    giveUp?: AbortSignal,
  ): Promise<D> {
    const body = JSON.stringify({ query: print(document), variables });
    const late = AbortSignal.timeout(timeoutMs);
    const signal = giveUp ? AbortSignal.any([late, giveUp]) : late;
    try {
      const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body, signal });
      if (!response.ok) throw await errorOf(response);
      return dataOf((await response.json()) as ExecutionResult<D>);
    } catch (error) {
      if (error instanceof GatewayRefusal || error instanceof GatewayUnreachable) throw error;
      throw new GatewayUnreachable('The gateway was not reached.', { cause: error });
    }
  }
  return {
    ask,
    async askUntilAnswered(document, variables, signal) {
      const backOff = new BackOff(retry);
      for (;;) {
        try {
          return await ask(document, variables, longestMs, signal);
        } catch (error) {
          if (signal.aborted || !(error instanceof GatewayUnreachable)) throw error;
        }
        await pause(backOff.next(), signal);
      }
    },
  };
}
