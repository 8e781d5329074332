import { createClient } from 'graphql-sse';
import relay from 'relay-runtime';
import { follow, type Sink } from '../resume.ts';

const { Environment, Network, Observable, RecordSource, Store } = relay;

export function connect(url: string, token: string) {
  const headers = { Authorization: `Bearer ${token}` };
  const stream = createClient({ url: `${url}/graphql/stream`, headers, retryAttempts: 0 });
  const environment = new Environment({
    network: Network.create(
      async ({ text, name }, variables) => {
        const response = await fetch(`${url}/graphql`, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body: JSON.stringify({ query: text, operationName: name || undefined, variables }),
        });
        const result = await response.json();
        // Relay hands errors on to its boundary only if the result has no data.
        if (result.errors) throw Object.assign(new Error(result.errors[0].message), result);
        return result;
      },
      ({ text }, variables) =>
        Observable.create((sink) => follow(stream, text ?? '', variables, sink as Sink)),
    ),
    store: new Store(new RecordSource()),
  });
  // In an application the compiler makes these from `graphql` tags, and hooks execute them.
  const execute = (text: string, operationKind: 'query' | 'mutation' | 'subscription', variables: object) =>
    environment
      .getNetwork()
      .execute({ id: null, cacheID: text, text, name: '', operationKind, metadata: {} }, variables, {
        force: true,
      });
  return {
    async query(query: string, variables: object = {}) {
      const kind = query.startsWith('mutation') ? 'mutation' : 'query';
      const result = await execute(query, kind, variables).toPromise();
      return (result as { data: unknown }).data;
    },
    chat(query: string, variables: object, sink: Sink) {
      return execute(query, 'subscription', variables).subscribe(sink).unsubscribe;
    },
    codeOf: (error: unknown) =>
      (error as { errors: { extensions: { code: string } }[] }).errors[0]?.extensions.code,
    close: () => stream.dispose(),
  };
}
