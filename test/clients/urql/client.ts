import { Client, type CombinedError, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { follow, type Sink } from '../resume.ts';

export function connect(url: string, token: string, transport: 'sse' | 'ws' = 'sse') {
  const headers = { Authorization: `Bearer ${token}` };
  const stream =
    transport === 'sse'
      ? createClient({ url: `${url}/graphql/stream`, headers, retryAttempts: 0 })
      : createSocketClient({
          url: `${url.replace('http', 'ws')}/graphql`,
          connectionParams: headers,
          retryAttempts: 0,
          webSocketImpl: WebSocket,
        });
  const client = new Client({
    url: `${url}/graphql`,
    preferGetMethod: false,
    fetchOptions: { headers },
    exchanges: [
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables = {} }) => ({
          subscribe: (sink) => ({ unsubscribe: follow(stream, query, variables, sink as Sink) }),
        }),
      }),
    ],
  });
  return {
    async query(query: string, variables = {}) {
      const isMutation = query.startsWith('mutation');
      const { data, error } = await (isMutation ? client.mutation : client.query)(query, variables);
      if (error) throw error;
      return data;
    },
    chat(query: string, variables: object, sink: Sink) {
      const { unsubscribe } = client.subscription(query, variables).subscribe((result) => {
        // At the end urql repeats the last result.
        if (result.error) sink.error(result.error);
        else if (result.hasNext) sink.next(result);
        else sink.complete();
      });
      return unsubscribe;
    },
    codeOf: (error: unknown) => (error as CombinedError).graphQLErrors[0]?.extensions['code'],
    close: () => stream.dispose(),
  };
}
