import { createSchema, createYoga } from 'graphql-yoga';
import { expect, onTestFinished, test } from 'vitest';
import { collect, startStreamServer } from './stream-server.ts';

const typeDefs = /* GraphQL */ `
  type Query { hello: String }
  type Delta { text: String!, size(unit: String! = "characters"): String!, boom: String }
  type Subscription { deltas(after: Int! = 0): Delta! }
`;

/** A server with a subscription to three deltas, and the number of executions of their field `text`. */
async function openServer() {
  const executed = { texts: 0 };
  const deltas = ['one', 'two', 'three'].map((text) => ({ text, isPrivate: text === 'two' }));
  const schema = createSchema({
    typeDefs,
    resolvers: {
      Delta: {
        text({ text }: { text: string }) {
          executed.texts += 1;
          return text;
        },
        size: ({ text }: { text: string }, { unit }: { unit: string }) => `${text.length} ${unit}`,
        boom() {
          throw new Error('the password is hunter2');
        },
      },
      Subscription: {
        deltas: {
          async *subscribe(_: unknown, { after }: { after: number }) {
            yield* deltas.slice(after);
          },
          resolve: (delta: unknown) => delta,
        },
      },
    },
  });
  const server = await startStreamServer({
    yoga: createYoga({ schema, logging: false }),
    isShareable: (value) => (value as { isPrivate: boolean }).isPrivate === false,
  });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { client: server.client(), executed };
}

const textOf = (text: string) => ({ data: { deltas: { text } } });

test('followers with the same selection share the results of shareable values only', async () => {
  const { client, executed } = await openServer();
  const query = 'subscription ($after: Int!) { deltas(after: $after) { text } }';
  expect(await collect(client, { query, variables: { after: 0 } })).toEqual(
    ['one', 'two', 'three'].map(textOf),
  );
  expect(executed.texts).toBe(3);
  expect(await collect(client, { query, variables: { after: 1 } })).toEqual(['two', 'three'].map(textOf));
  expect(executed.texts).toBe(4);
});

test('another selection, another alias, another operation or another variable shares nothing', async () => {
  const { client } = await openServer();
  const follow = async (query: string, more: object = {}) => (await collect(client, { query, ...more }))[0];
  expect(await follow('subscription { deltas { text } }')).toEqual({ data: { deltas: { text: 'one' } } });
  expect(await follow('subscription { mine: deltas { text } }')).toEqual({ data: { mine: { text: 'one' } } });
  const two = 'subscription A { deltas { text } } subscription B { deltas { size } }';
  expect(await follow(two, { operationName: 'A' })).toEqual({ data: { deltas: { text: 'one' } } });
  expect(await follow(two, { operationName: 'B' })).toEqual({ data: { deltas: { size: '3 characters' } } });
  for (const document of [
    'subscription ($unit: String!) { deltas { size(unit: $unit) } }',
    'subscription ($unit: String!) { deltas { ...Sized } } fragment Sized on Delta { size(unit: $unit) }',
    'subscription ($unit: String!) { ...Deep } fragment Deep on Subscription { deltas { size(unit: $unit) } }',
  ]) {
    for (const unit of ['letters', 'signs']) {
      expect(await follow(document, { variables: { unit } })).toEqual({
        data: { deltas: { size: `3 ${unit}` } },
      });
    }
  }
  const skipping = 'subscription ($brief: Boolean!) { deltas { text size @skip(if: $brief) } }';
  expect(await follow(skipping, { variables: { brief: true } })).toEqual({
    data: { deltas: { text: 'one' } },
  });
  expect(await follow(skipping, { variables: { brief: false } })).toEqual({
    data: { deltas: { text: 'one', size: '3 characters' } },
  });
});

test('a result with errors is not shared', async () => {
  const { client, executed } = await openServer();
  const query = 'subscription { deltas(after: 2) { text boom } }';
  for (const round of [1, 2]) {
    expect(await collect(client, { query })).toEqual([
      {
        data: { deltas: { text: 'three', boom: null } },
        errors: [expect.objectContaining({ message: 'Something went wrong inside the gateway.' })],
      },
    ]);
    expect(executed.texts).toBe(round);
  }
});
