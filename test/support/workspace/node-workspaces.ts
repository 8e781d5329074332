import { createClient } from 'graphql-sse';
import type { NodeWorkspace } from '../../../src/workspace/status/node-workspaces.ts';
import type { GraphQLAnswer } from '../gateway/gateway-api.ts';

const document =
  'subscription { nodeWorkspaces { workspaces { workspaceId sessionId isLead path revision } } }';

/** The lists of workspaces that an agent gets, until the iteration ends. */
export async function* followWorkspaces(url: string, token: string): AsyncGenerator<NodeWorkspace[]> {
  const client = createClient({
    url: `${url}/graphql/stream`,
    retryAttempts: 0,
    headers: () => ({ authorization: `Bearer ${token}` }),
  });
  try {
    for await (const result of client.iterate({ query: document })) {
      const { data, errors } = result as unknown as GraphQLAnswer;
      if (errors?.[0]) throw new Error(errors[0].message);
      yield data.nodeWorkspaces.workspaces;
    }
  } finally {
    client.dispose();
  }
}
