import { ask } from '../../client/ask.ts';
import { GatewayError } from '../../client/errors.ts';
import type { TypedDocumentString } from '../../gql/console/graphql.ts';
import type { Identity } from './identity.ts';

/**
 * Sends a query or a mutation, once.
 *
 * @throws GatewayError
 */
export type Ask = <D, V>(document: TypedDocumentString<D, V>, variables: V) => Promise<D>;

export function createAsk(identity: Identity): Ask {
  return async <D, V>(document: TypedDocumentString<D, V>, variables: V) => {
    try {
      const operation = { query: String(document), variables };
      const endpoint = { url: '/graphql', headers: identity.headers };
      return await ask<D>(endpoint, operation, { timeoutMs: 30_000, signal: new AbortController().signal });
    } catch (error) {
      if (error instanceof GatewayError && error.isUnauthenticated) identity.refused(error.message);
      throw error;
    }
  };
}
