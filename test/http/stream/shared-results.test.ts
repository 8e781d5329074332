import { createSchema, createYoga } from 'graphql-yoga';
import { expect, onTestFinished, test } from 'vitest';
import { createGate } from '../../support/model/turn.ts';
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
  for (let follower = 1; follower <= 2; follower += 1) {
    const before = executed.texts;
    expect(await collect(client, { query })).toEqual([
      {
        data: { deltas: { text: 'three', boom: null } },
        errors: [expect.objectContaining({ message: 'Something went wrong inside the gateway.' })],
      },
    ]);
    expect(executed.texts).toBeGreaterThan(before);
  }
});

test.each([
  ['the same viewer share', 'alice', 'alice', 1],
  ['two viewers do not share', 'alice', 'bob', 2],
])(
  'followers of %s the execution of an event that they get at the same time',
  async (_who, first, second, expected) => {
    let followers = 0;
    let yielded = 0;
    let executed = 0;
    const joined = createGate();
    const released = createGate();
    const event = { text: 'one' };
    const schema = createSchema<{ request: Request }>({
      typeDefs,
      resolvers: {
        Delta: {
          async text({ text }: { text: string }) {
            executed += 1;
            await released.pass();
            return text;
          },
        },
        Subscription: {
          deltas: {
            async *subscribe() {
              followers += 1;
              if (followers === 2) joined.release();
              await joined.pass();
              yielded += 1;
              // Both followers render the event before the event loop goes on.
              if (yielded === 2) setImmediate(() => released.release());
              yield event;
            },
            resolve: (delta: unknown) => delta,
          },
        },
      },
    });
    await using server = await startStreamServer({
      yoga: createYoga({ schema, logging: false }),
      isShareable: () => false,
      viewerOf: (context) => (context as { request: Request }).request.headers.get('x-viewer') ?? undefined,
    });
    const follow = (viewer: string) =>
      collect(server.client({ headers: { 'x-viewer': viewer } }), {
        query: 'subscription { deltas { text } }',
      });
    expect(await Promise.all([follow(first), follow(second)])).toEqual([[textOf('one')], [textOf('one')]]);
    expect(executed).toBe(expected);
  },
);
