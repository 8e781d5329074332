import { getIntrospectionQuery } from 'graphql';
import type { Client } from 'graphql-sse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import type { GraphQLAnswer } from '../../support/gateway/gateway-api.ts';
import { createRestClient } from '../../support/http/rest-client.ts';

const limits = {
  MAX_QUERY_DEPTH: '4',
  MAX_QUERY_ALIASES: '5',
  MAX_QUERY_DIRECTIVES: '3',
  MAX_QUERY_TOKENS: '120',
  MAX_QUERY_COST: '500',
  MAX_SUBSCRIPTION_COST: '10',
  MAX_MUTATION_FIELDS: '2',
};

let gateway: TestGateway;
let oneStream: Client<boolean>;
beforeAll(async () => {
  gateway = await startTestGateway({ settings: limits });
  oneStream = gateway.client({ singleConnection: true, lazy: true } as object);
});
afterAll(async () => {
  oneStream.dispose();
  await gateway[Symbol.asyncDispose]();
});

/** Executes an operation; returns its first result. */
async function firstOf(client: Client<boolean>, query: string): Promise<GraphQLAnswer> {
  for await (const result of client.iterate({ query })) return result as unknown as GraphQLAnswer;
  throw new Error('It yielded nothing.');
}

const ways: Record<string, (query: string) => Promise<GraphQLAnswer>> = {
  '/graphql': (query) => gateway.graphql(query),
  'a stream of its own': (query) => firstOf(gateway.client(), query),
  'a stream of many operations': (query) => firstOf(oneStream, query),
};

/** The number of aliases doubles with each fragment: n fragments have 2^n aliases. */
const aliasBomb = `{ sessions { edges { node { ...F0 } } } }
  ${[0, 1].map((n) => `fragment F${n} on Session { x: lastMessage { session { ...F${n + 1} } } y: lastMessage { session { ...F${n + 1} } } }`).join(' ')}
  fragment F2 on Session { z: id }`;

const rows: [what: string, query: string, limit: keyof typeof limits][] = [
  ['five levels of fields', '{ sessions { edges { node { lastMessage { id } } } } }', 'MAX_QUERY_DEPTH'],
  [
    'five levels of fields in fragments',
    '{ ...A } fragment A on Query { sessions { edges { ...B } } } fragment B on QuerySessionsConnectionEdge { node { ... { lastMessage { id } } } }',
    'MAX_QUERY_DEPTH',
  ],
  ['six aliases', `{ ${[1, 2, 3, 4, 5, 6].map((n) => `a${n}: __typename`).join(' ')} }`, 'MAX_QUERY_ALIASES'],
  ['six aliases of __typename', `{ ${'__typename: __typename '.repeat(6)} }`, 'MAX_QUERY_ALIASES'],
  ['aliases that double with each fragment', aliasBomb, 'MAX_QUERY_ALIASES'],
  [
    'four directives',
    `{ ${[1, 2, 3, 4].map((n) => `a${n}: __typename @skip(if: false)`).join(' ')} }`,
    'MAX_QUERY_DIRECTIVES',
  ],
  [
    'four directives in fragments',
    '{ ...A ...A ... @skip(if: false) { __typename } } fragment A on Query { __typename @skip(if: false) @include(if: true) }',
    'MAX_QUERY_DIRECTIVES',
  ],
  ['121 tokens', `{ ${'__typename '.repeat(119)} }`, 'MAX_QUERY_TOKENS'],
  [
    'two pages without a size',
    '{ sessions { edges { node { id title createdAt updatedAt userId featureName systemPrompt modelName } } } b: sessions { edges { node { id title createdAt updatedAt userId featureName systemPrompt modelName } } } }',
    'MAX_QUERY_COST',
  ],
  [
    'a page with a variable size',
    'query ($n: Int = 1) { sessions(first: $n) { edges { node { id title createdAt updatedAt userId featureName systemPrompt modelName } } } }',
    'MAX_QUERY_COST',
  ],
  [
    'nodes of any number of ids',
    '{ nodes(ids: []) { id ... on Session { title createdAt updatedAt userId featureName systemPrompt modelName databaseId providerName } } }',
    'MAX_QUERY_COST',
  ],
  [
    'a subscription with a page',
    'subscription { sessionEvents(sessionId: "U2Vzc2lvbjox") { ... on SessionUpdated { session { messages { edges { cursor } } } } } }',
    'MAX_SUBSCRIPTION_COST',
  ],
  [
    'three changes',
    'mutation { a: deleteSessions { count } b: deleteSessions { count } c: deleteSessions { count } }',
    'MAX_MUTATION_FIELDS',
  ],
];

describe.each(Object.entries(ways))('over %s', (_way, ask) => {
  test.each(rows)('a query with %s is refused with QUERY_TOO_COMPLEX', async (_what, query, limit) => {
    const { data, errors } = await ask(query);

    expect(data ?? null).toBeNull();
    expect(errors?.map(({ extensions }) => extensions)).toContainEqual(
      expect.objectContaining({ code: 'QUERY_TOO_COMPLEX', limit }),
    );
  });

  test('a query within the limits is executed', async () => {
    const page = '{ a: sessions(first: 10) { edges { node { id title @skip(if: false) } } } }';
    expect(await ask(page)).toEqual({ data: { a: { edges: [] } } });
  });

  test('fragments that contain each other are refused by GraphQL validation', async () => {
    const cycle = '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }';
    const [error] = (await ask(cycle)).errors ?? [];
    expect(error).toMatchObject({
      message: expect.stringMatching(/within itself/),
      extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
    });
  });
});

test('a query that exceeds a limit gets the HTTP status 400 at /graphql', async () => {
  for (const [, query] of rows) {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
      body: JSON.stringify({ query }),
    });
    expect(response.status).toBe(400);
  }
});

test('the documents of the REST API are not subject to the limits', async () => {
  const rest = await createRestClient(gateway);
  const { json: session } = await rest.call('POST', '/sessions/', { user_id: 'alice' });
  const types: string[] = [];
  for await (const { data } of rest.chat(session.id, { prompt: 'Hi' })) types.push(data.type);
  expect(types.at(-1)).toBe('finish');
  for (const path of ['', '/messages', '/tokens']) {
    expect(await rest.call('GET', `/sessions/${session.id}${path}`)).toMatchObject({ status: 200 });
  }
});

describe('with the default limits', () => {
  let standard: TestGateway;
  beforeAll(async () => {
    standard = await startTestGateway();
  });
  afterAll(() => standard[Symbol.asyncDispose]());

  test('the default limits allow the whole introspection query', async () => {
    const everything = getIntrospectionQuery({
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    });
    const { data, errors } = await standard.graphql(everything);
    expect(errors).toBeUndefined();
    expect(data.__schema.subscriptionType.name).toBe('Subscription');
  });

  test('an introspection query that nests types too deeply is refused', async () => {
    const deep =
      '{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }';
    expect((await standard.graphql(deep)).errors?.[0]?.message).toMatch(/introspection depth/i);
  });

  test('a batch of operations is refused with BAD_REQUEST', async () => {
    const batch = JSON.stringify([{ query: '{ __typename }' }, { query: '{ __typename }' }]);
    for (const [path, accept] of [
      ['/graphql', 'application/json'],
      ['/graphql/stream', 'text/event-stream'],
    ]) {
      const response = await fetch(`${standard.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: accept ?? '' },
        body: batch,
      });
      expect(response.status).toBe(400);
      expect((await response.json()).errors[0]).toMatchObject({
        message: 'The request must be a JSON object.',
        extensions: { code: 'BAD_REQUEST' },
      });
    }
  });
});
