import { describe, expect, onTestFinished, test } from 'vitest';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import type { GraphQLAnswer } from '../../support/gateway/gateway-api.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';
import { globalId, seed } from '../schema/seed.ts';

const limit = 1_000_000;
const shared = shareGateway(() =>
  startTestGateway({ settings: { MAX_RESPONSE_BYTES: String(limit), MAX_QUERY_COST: '1500' } }),
);

/** Creates a session with 20 messages and a system prompt of 60,000 characters. Returns its ids. */
async function createLargeSession(toolCalls = 0) {
  const { database } = shared().services;
  const [sessionId = 0] = await seed(database, { sessions: 1, turns: 10, toolCalls });
  await database.session.update({ where: { id: sessionId }, data: { systemPrompt: 'x'.repeat(60_000) } });
  return { sessionId, id: globalId('Session', sessionId) };
}

function expectTooComplex({ data, errors }: GraphQLAnswer, setting: string) {
  expect(data ?? null).toBeNull();
  expect(errors).toHaveLength(1);
  expect(errors?.[0]?.extensions).toEqual({ code: 'QUERY_TOO_COMPLEX', limit: setting });
}

describe.each(['/graphql', '/graphql/stream'])('at %s', (path) => {
  const ask = async (query: string, variables: Record<string, unknown>): Promise<GraphQLAnswer> => {
    if (path === '/graphql') return shared().graphql(query, variables);
    for await (const result of shared().client().iterate({ query, variables })) return result as never;
    throw new Error('The stream had no result.');
  };

  test('a short query for a long text many times is refused with QUERY_TOO_COMPLEX', async () => {
    const { id } = await createLargeSession();
    const query =
      'query ($id: ID!) { session(id: $id) { messages(last: 20) { edges { node { session { systemPrompt } } } } } }';
    expectTooComplex(await ask(query, { id }), 'MAX_RESPONSE_BYTES');
  });

  test('a query for a long text within the limit is executed', async () => {
    const { id } = await createLargeSession();
    const { data, errors } = await ask('query ($id: ID!) { session(id: $id) { systemPrompt } }', { id });
    expect(errors).toBeUndefined();
    expect(data.session.systemPrompt).toHaveLength(60_000);
  });

  test.each(['id', '__typename'])(
    'a query with a long alias of %s is refused with QUERY_TOO_COMPLEX',
    async (field) => {
      const { id } = await createLargeSession();
      const alias = 'a'.repeat(60_000);
      const query = `query ($id: ID!) { session(id: $id) { messages(last: 20) { edges { node { ${alias}: ${field} } } } } }`;
      expectTooComplex(await ask(query, { id }), 'MAX_QUERY_COST');
    },
  );

  test('a list that is longer than expected counts with its real length', async () => {
    const { id } = await createLargeSession(200);
    const query =
      'query ($id: ID!) { session(id: $id) { messages(last: 20) { edges { node { toolCalls { name } } } } } }';
    expectTooComplex(await ask(query, { id }), 'MAX_QUERY_COST');
  });
});

test('an event of a subscription is refused when its result is too large, and the next event is delivered', async () => {
  const gateway = shared();
  const { id } = await createLargeSession();
  const subscription =
    'subscription ($id: ID!) { sessionEvents(sessionId: $id) { ... on SessionUpdated { session { title messages(last: 20) { edges { node { session { systemPrompt } } } } } } } }';
  const seen: GraphQLAnswer[] = [];
  const events = gateway.client().iterate({ query: subscription, variables: { id } });
  const done = (async () => {
    for await (const event of events) seen.push(event as never);
  })();
  await updateUntilSeen(id, { title: 'Large' }, () => seen.length > 0);
  expectTooComplex(seen[0] as GraphQLAnswer, 'MAX_RESPONSE_BYTES');
  await updateUntilSeen(id, { title: 'Small', systemPrompt: 'short' }, () => {
    return seen.at(-1)?.data?.sessionEvents.session?.title === 'Small';
  });
  expect(seen.at(-1)?.data).toMatchObject({ sessionEvents: { session: { title: 'Small' } } });
  await gateway.query('mutation ($id: ID!) { deleteSession(id: $id) { deletedSessionId } }', { id });
  await done;
});

/** Repeats the change, because only a watch that has begun sees it. */
async function updateUntilSeen(id: string, input: object, isSeen: () => boolean) {
  const mutation =
    'mutation ($id: ID!, $input: UpdateSessionInput!) { updateSession(id: $id, input: $input) { id } }';
  await expect
    .poll(async () => {
      await shared().query(mutation, { id, input });
      return isSeen();
    })
    .toBe(true);
}

test('a page of messages that are too large to be loaded is refused with QUERY_TOO_COMPLEX', async () => {
  const { id, sessionId } = await createLargeSession();
  await shared().services.database.message.updateMany({
    where: { sessionId },
    data: { content: 'x'.repeat(250_000) },
  });
  const query = 'query ($id: ID!) { session(id: $id) { messages(last: 20) { edges { node { id } } } } }';
  expectTooComplex(await shared().graphql(query, { id }), 'MAX_RESPONSE_BYTES');
});

test('a result that becomes too large while other parts of it are loaded is refused, and the gateway goes on', async () => {
  const { id, sessionId } = await createLargeSession();
  const { database } = shared().services;
  const newest = await database.message.findFirstOrThrow({ where: { sessionId }, orderBy: { id: 'desc' } });
  await database.message.update({ where: { id: newest.id }, data: { content: 'x'.repeat(1_100_000) } });
  const unhandled: unknown[] = [];
  const listen = (error: unknown) => void unhandled.push(error);
  process.on('unhandledRejection', listen);
  onTestFinished(() => void process.off('unhandledRejection', listen));
  const query =
    'query ($id: ID!) { session(id: $id) { messages(last: 20) { edges { node { content run { status } session { title } } } } } }';
  expectTooComplex(await shared().graphql(query, { id }), 'MAX_RESPONSE_BYTES');
  expect((await shared().graphql('{ viewer { userId } }')).errors).toBeUndefined();
  // By default an unhandled rejection ends the process.
  expect(unhandled).toEqual([]);
});
