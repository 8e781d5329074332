import type { Switchyard } from '../../client/client.ts';
import { GatewayError } from '../../client/errors.ts';
import type { TypedDocumentString } from '../../gql/console/graphql.ts';
import type { Identity } from './identity.ts';

/**
 * Sends a query or a mutation, once.
 *
 * @throws GatewayError
 */
export type Ask = <D, V>(document: TypedDocumentString<D, V>, variables: V) => Promise<D>;

/** Asks for a token when the gateway wants another one. */
export function createAsk({ query }: Pick<Switchyard, 'query'>, identity: Identity): Ask {
  return async (document, variables) => {
    try {
      return await query(document, variables);
    } catch (error) {
      if (error instanceof GatewayError && error.isUnauthenticated) identity.refused(error.message);
      throw error;
    }
  };
}
