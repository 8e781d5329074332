import { print } from 'graphql';
import { createClient, NetworkError } from 'graphql-sse';
import { dataOf } from '../../client/ask.ts';
import { GatewayError, gatewayErrorOfResponse, unreachable } from '../../client/errors.ts';
import {
  NodeInboxDocument,
  type NodeInboxSubscription,
  type NodeInboxSubscriptionVariables,
} from '../../gql/graphql.ts';
import type { GatewayAddress } from './gateway-client.ts';
import { reasonOf } from './reason-of.ts';

/** What the gateway tells an agent. */
export type NodeCommand = NodeInboxSubscription['nodeInbox'];
export type NodeCommandOf<Name extends NodeCommand['__typename']> = Extract<
  NodeCommand,
  { __typename: Name }
>;

/**
 * One connection to the inbox, until the gateway completes it.
 *
 * @param signal Aborts to close it: then it ends, or throws.
 * @throws GatewayError, a passing one where the connection was lost.
 */
export async function* followInbox(
  { url, token }: GatewayAddress,
  variables: NodeInboxSubscriptionVariables,
  signal: AbortSignal,
): AsyncGenerator<NodeCommand> {
  const client = createClient({
    url: `${url}/graphql/stream`,
    // A function, because the client adds to the object that it gets.
    headers: () => ({ authorization: `Bearer ${token}` }),
    // It would ask again with the cursor of the first time.
    retryAttempts: 0,
    fetchFn: fetchWithReason,
  });
  const close = () => client.dispose();
  signal.addEventListener('abort', close);
  try {
    signal.throwIfAborted();
    const request = { query: print(NodeInboxDocument), variables };
    for await (const result of client.iterate<NodeInboxSubscription>(request)) yield dataOf(result).nodeInbox;
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    if (error instanceof NetworkError && error.response instanceof Response)
      throw await gatewayErrorOfResponse(error.response);
    throw unreachable(error);
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}

/** Of an error the client keeps only the message, which says `fetch failed`. */
async function fetchWithReason(...request: Parameters<typeof fetch>): Promise<Response> {
  try {
    return await fetch(...request);
  } catch (error) {
    throw new Error(reasonOf(error), { cause: error });
  }
}
