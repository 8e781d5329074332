import type { TypedDocumentString } from '../../gql/console/graphql.ts';
import {
  type ErrorLike,
  GatewayError,
  gatewayErrorOf,
  gatewayErrorOfResponse,
  unreachable,
} from './gateway-error.ts';
import type { Identity } from './identity.ts';

/**
 * Sends a query or a mutation, once.
 *
 * @throws GatewayError
 */
export type Ask = <D, V>(document: TypedDocumentString<D, V>, variables: V) => Promise<D>;

const longestMs = 30_000;

export function createAsk(identity: Identity): Ask {
  return async (document, variables) => {
    try {
      return await post(identity.headers(), JSON.stringify({ query: String(document), variables }));
    } catch (error) {
      const known = error instanceof GatewayError ? error : unreachable(error);
      if (known.isUnauthenticated) identity.refused(known.message);
      throw known;
    }
  };
}

async function post<D>(headers: Record<string, string>, body: string): Promise<D> {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', accept: 'application/json' },
    body,
    signal: AbortSignal.timeout(longestMs),
  });
  if (!response.ok) throw await gatewayErrorOfResponse(response);
  const { data, errors } = (await response.json()) as { data?: D | null; errors?: ErrorLike[] };
  if (errors && errors.length > 0) throw gatewayErrorOf(errors);
  return data as D;
}
