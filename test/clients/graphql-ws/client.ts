import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { follow, type Sink } from '../resume.ts';

export function connect(url: string, token: string) {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    connectionParams: { Authorization: `Bearer ${token}` },
    retryAttempts: 0,
    // Only for Node.js before 22, which has no WebSocket of its own.
    webSocketImpl: WebSocket,
  });
  return {
    async query(query: string, variables: Record<string, unknown> = {}) {
      const { value } = await client.iterate({ query, variables }).next();
      if (value.errors) throw value.errors;
      return value.data;
    },
    chat: (query: string, variables: object, sink: Sink) => follow(client, query, variables, sink),
    codeOf: (error: unknown) => (error as { extensions: { code: string } }[])[0]?.extensions.code,
    close: () => client.dispose(),
  };
}
