import { beforeAll, describe, expect, test } from 'vitest';
import { doors, expectRefused, resultIn } from '../../support/gateway/hostile-door.ts';
import { type HostileGateway, shareHostileGateway } from '../../support/gateway/hostile-gateway.ts';

let gateway: HostileGateway;
/** The database id of the newest session before the tests of this file. */
let newestBefore: number;
beforeAll(async () => {
  gateway = await shareHostileGateway();
  newestBefore = (await newestSessions())[0]?.databaseId ?? 0;
});

async function newestSessions(): Promise<{ databaseId: number; userId: string }[]> {
  const { sessions } = await gateway.query(
    '{ sessions(first: 20, orderBy: CREATED) { edges { node { databaseId userId } } } }',
  );
  return sessions.edges.map(({ node }: { node: { databaseId: number; userId: string } }) => node);
}

/** Repeats `open` before the middle and `close` after it. */
function nest(times: number, open: string, close: string, middle = 'id'): string {
  return `${open.repeat(times)}${middle}${close.repeat(times)}`;
}

const each = (count: number, write: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => write(n)).join(' ');
const events = 'sessionEvents(sessionId: "U2Vzc2lvbjox")';
const alice = 'session(id: "U2Vzc2lvbjox")';

/** Two uses of each fragment in the one before: sixty fragments ask for 2 ** 60 sessions. */
const doubling = each(
  60,
  (n) =>
    `fragment F${n} on Session { a: lastMessage { session { ...F${n + 1} } } b: lastMessage { session { ...F${n + 1} } } }`,
);

const documents: [what: string, document: string][] = [
  [
    'messages of the session of messages, 40 times',
    nest(40, `{ ${alice} { messages { edges { node { session`, ' } } } }'),
  ],
  [
    'the last message’s session, 400 times',
    `{ ${alice} { ${nest(400, 'lastMessage { session { ', ' } }')} } }`,
  ],
  [
    'runs and messages in a ring',
    `{ ${alice} { ${nest(200, 'lastMessage { run { session { ', ' } } }')} } }`,
  ],
  ['fields 20,000 levels deep', nest(20_000, '{a', '}', '')],
  ['lists 20,000 levels deep', `{ session(id: ${nest(20_000, '[', ']', '')}) { id } }`],
  [
    'objects 10,000 levels deep',
    `mutation { createSession(input: ${nest(10_000, '{a:', '}', '1')}) { id } }`,
  ],
  ['types of variables 10,000 levels deep', `query ($a: ${nest(10_000, '[', ']', 'Int')}) { __typename }`],
  ['inline fragments 10,000 levels deep', `{ ${nest(10_000, '... { ', ' }', '__typename')} }`],
  ['types of types of types', `{ __schema { types { ${nest(30, 'fields { type { ', ' } }', 'name')} } } }`],
  ['20,000 aliases', `{ ${each(20_000, (n) => `a${n}: __typename`)} }`],
  ['500 mutations at once', `mutation { ${each(500, (n) => `m${n}: createSession(input: {}) { id }`)} }`],
  ['20,000 times the same field', `{ ${'__typename '.repeat(20_000)} }`],
  ['20,000 directives on a field', `{ __typename ${'@include(if: true) '.repeat(20_000)} }`],
  ['300 unknown directives', `{ __typename ${each(300, (n) => `@d${n}`)} }`],
  ['20,000 variables', `query (${each(20_000, (n) => `$v${n}: Int`)}) { __typename }`],
  ['20,000 operations', each(20_000, (n) => `query Q${n} { __typename }`)],
  ['a fragment in itself', `{ ${alice} { ...A } } fragment A on Session { ...A }`],
  [
    'three fragments in a ring',
    `{ ${alice} { ...A } } fragment A on Session { ...B } fragment B on Session { ...C } fragment C on Session { ...A }`,
  ],
  [
    'a fragment in one of its own fields',
    `{ ${alice} { ...A } } fragment A on Session { lastMessage { session { ...A } } }`,
  ],
  [
    '100 fragments that each contain all',
    `{ ${alice} { ...F0 } } ${each(100, (n) => `fragment F${n} on Session { ${each(100, (m) => `...F${m}`)} }`)}`,
  ],
  ['fragments that double 60 times', `{ ${alice} { ...F0 } } ${doubling} fragment F60 on Session { id }`],
  [
    'a thousand fields that could conflict',
    `{ ${alice} { ${each(180, (n) => `x${n % 2}: messages(first: ${n}) { edges { node { id } } }`)} } }`,
  ],
  [
    'full pages within full pages',
    `{ sessions(first: 100) { edges { node { messages(first: 100) { edges { node { session { messages(first: 100) { edges { node { id } } } } } } } } } } }`,
  ],
  ['a string without an end', `{ session(id: "${'a'.repeat(100_000)}) { id } }`],
  ['a block string without an end', `{ session(id: """${'"\\"""'.repeat(20_000)}) { id } }`],
  ['a number of 100,000 digits', `{ sessionByDatabaseId(databaseId: ${'9'.repeat(100_000)}) { id } }`],
  ['an exponent of nine digits', '{ sessionByDatabaseId(databaseId: 1e999999999) { id } }'],
  ['a name of 100,000 letters', `{ ${'a'.repeat(100_000)} }`],
  [
    'unused variables of an operation with a name of 100,000 letters',
    `query ${'a'.repeat(100_000)}(${each(100, (n) => `$v${n}: Int`)}) { __typename }`,
  ],
  [
    'a fragment of another type with a name of 100,000 letters',
    `{ ...${'a'.repeat(100_000)} } fragment ${'a'.repeat(100_000)} on Session { id }`,
  ],
  ['directives with a name of 10,000 letters', `{ ${`__typename @${'a'.repeat(10_000)} `.repeat(50)} }`],
  ['a comment of 1 MB around nothing', `#${'a'.repeat(1_000_000)}`],
  ['1 MB of commas', ','.repeat(1_000_000)],
  ['1 MB of braces', '}'.repeat(1_000_000)],
  ['a NUL', '{ \u0000 __typename }'],
  ['half a surrogate pair', '{ session(id: "\\uD83D") { id } }'],
  ['a code point beyond Unicode', '{ session(id: "\\u{FFFFFFFF}") { id } }'],
  ['a name in another script', '{ ѕession(id: "1") { id } }'],
  ['a field named __proto__', '{ __proto__ { id } }'],
  ['a field named constructor', '{ constructor { prototype } }'],
  ['a fragment on __proto__', '{ ...A } fragment A on __proto__ { id }'],
  ['a fragment on a type that is not composite', '{ ...A } fragment A on Int { id }'],
  ['a definition of a type', 'type Query { leak: String } { leak }'],
  ['an extension of the schema', 'extend type Query { leak: String }'],
  ['500 unknown arguments', `{ viewer(${each(500, (n) => `a${n}: 1`)}) { userId } }`],
  ['the same argument 500 times', `{ session(${'id: "1", '.repeat(500)}) { id } }`],
  [
    'subscriptions, ten at once',
    `subscription { ${each(10, (n) => `s${n}: sessionEvents(sessionId: "U2Vzc2lvbjox") { __typename }`)} }`,
  ],
  ['a subscription to the schema', 'subscription { __typename }'],
  ['a subscription whose field is skipped', `subscription { ${events} @skip(if: true) { __typename } }`],
  [
    'a subscription whose field is not included',
    `subscription { ${events} @include(if: false) { __typename } }`,
  ],
  [
    'a subscription whose field may be skipped',
    `subscription ($no: Boolean = true) { ${events} @skip(if: $no) { __typename } }`,
  ],
  [
    'a subscription whose inline fragment is skipped',
    `subscription { ... @skip(if: true) { ${events} { __typename } } }`,
  ],
  [
    'a subscription whose fragment is skipped',
    `subscription { ...A @skip(if: true) } fragment A on Subscription { ${events} { __typename } }`,
  ],
  [
    'a subscription whose field is skipped in a fragment of a fragment',
    `subscription { ...A } fragment A on Subscription { ...B } fragment B on Subscription { ${events} @skip(if: true) { __typename } }`,
  ],
  ['deferred fields', `{ ... @defer { __typename } }`],
];

describe.each(doors)('%s', (name, door) => {
  test.each(documents)(`${name} refuses %s`, async (_what, document) => {
    expectRefused(await door(gateway, JSON.stringify({ query: document })));
  });

  test(`${name} refuses a document with two operations of one name`, async () => {
    const query = 'query A { __typename } mutation A { createSession(input: {}) { id } }';
    expectRefused(await door(gateway, JSON.stringify({ query, operationName: 'A' })));
  });

  test(`${name} leaves the gateway unharmed by these documents`, () => gateway.expectUnharmed());
});

test('a condition is invalid on the root field of a subscription and valid below it', async () => {
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
  const ask = (path: string, query: string, until?: string) =>
    gateway.attack(path, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query }),
      ...(until !== undefined && { until }),
    });
  for (const path of ['/graphql', '/graphql/stream']) {
    const { errors } = resultIn(await ask(path, `subscription { ${events} @skip(if: true) { __typename } }`));
    expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
    const below = 'subscription { runEvents(runId: "UnVuOjE=") { __typename seq @skip(if: true) } }';
    expect(resultIn(await ask(path, below)).data).toMatchObject({ runEvents: { __typename: 'RunStarted' } });
  }
});

test('GET /graphql refuses every hostile document that fits into an address', async () => {
  const search = documents.map(([, query]) => `/graphql?${new URLSearchParams({ query })}`);
  const fitting = search.filter(({ length }) => length < 8_000);
  expect(fitting.length).toBeGreaterThan(15);
  for (const path of fitting)
    expectRefused(await gateway.attack(path, { headers: { accept: 'application/json' } }));
  await gateway.expectUnharmed();
});

test('the hostile documents created no session', async () => {
  const created = (await newestSessions()).filter(({ databaseId }) => databaseId > newestBefore);
  // The checks for harm create sessions for carol.
  expect(new Set(created.map(({ userId }) => userId))).toEqual(new Set(['carol']));
});
