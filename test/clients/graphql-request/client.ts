import { ClientError, GraphQLClient } from 'graphql-request';
import { createClient } from 'graphql-sse';
import { runEvents, sendMessage } from '../documents.ts';
import { follow, type Sink } from '../resume.ts';

export function connect(url: string, token: string) {
  const headers = { Authorization: `Bearer ${token}` };
  const client = new GraphQLClient(`${url}/graphql`, { headers });
  const stream = createClient({ url: `${url}/graphql/stream`, headers, retryAttempts: 0 });
  return {
    query: (query: string, variables: object = {}) => client.request<unknown>(query, variables),
    /** graphql-request has no subscriptions: it sends the prompt, and graphql-sse follows the run. */
    chat(_query: string, { input }: { input?: object }, sink: Sink) {
      let stop = () => {};
      client.request<{ sendMessage: { id: string } }>(sendMessage, { input }).then(({ sendMessage: run }) => {
        stop = follow(stream, runEvents, { runId: run.id }, sink);
      }, sink.error);
      return () => stop();
    },
    codeOf: (error: unknown) =>
      error instanceof ClientError ? error.response.errors?.[0]?.extensions['code'] : undefined,
    close: () => stream.dispose(),
  };
}
