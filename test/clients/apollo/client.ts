import { readFileSync } from 'node:fs';
import {
  ApolloClient,
  ApolloLink,
  CombinedGraphQLErrors,
  gql,
  HttpLink,
  InMemoryCache,
  Observable,
} from '@apollo/client';
import { print } from 'graphql';
import { createClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { follow, type Sink } from '../resume.ts';

const possibleTypes = JSON.parse(readFileSync('src/client/possibleTypes.json', 'utf8'));

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
  const streamLink = new ApolloLink(
    ({ query, variables }) => new Observable((sink) => follow(stream, print(query), variables, sink)),
  );
  const client = new ApolloClient({
    link: ApolloLink.split(
      ({ operationType }) => operationType === 'subscription',
      streamLink,
      new HttpLink({ uri: `${url}/graphql`, headers }),
    ),
    cache: new InMemoryCache({ possibleTypes }),
  });
  return {
    async query(query: string, variables = {}) {
      const document = gql(query);
      const { data } = query.startsWith('mutation')
        ? await client.mutate({ mutation: document, variables })
        : await client.query({ query: document, variables });
      return data;
    },
    chat(query: string, variables: object, sink: Sink) {
      // A delta has no id, so there is nothing to keep in the cache.
      const results = client.subscribe({ query: gql(query), variables, fetchPolicy: 'no-cache' });
      const subscription = results.subscribe({
        next: (result) => (result.error ? sink.error(result.error) : sink.next(result)),
        error: sink.error,
        complete: sink.complete,
      });
      return () => subscription.unsubscribe();
    },
    codeOf: (error: unknown) =>
      CombinedGraphQLErrors.is(error) ? error.errors[0]?.extensions?.['code'] : undefined,
    close: () => stream.dispose(),
  };
}
