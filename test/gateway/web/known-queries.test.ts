import { beforeAll, expect, test } from 'vitest';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { jwtSettings } from '../../support/gateway/jwt.ts';
import {
  type Belongings,
  createBelongings,
  createTokens,
  type Tokens,
} from '../../support/gateway/owned-world.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';

const shared = shareGateway(() => startTestGateway({ settings: { ...jwtSettings, LOG_LEVEL: 'info' } }));

let tokens: Tokens;
let alices: Belongings;
beforeAll(async () => {
  tokens = await createTokens(shared());
  alices = await createBelongings(shared(), tokens.alice);
});

interface Sent {
  query: string;
  variables?: unknown;
  operationName?: unknown;
  extensions?: unknown;
  accept?: string;
  sender?: keyof Tokens | 'nobody' | 'a stranger';
}

let asked = 0;

/** Sends a request, and returns all that the client and the log see of it, apart from ids and times. */
async function ask({ accept = 'application/json', sender = 'alice', ...body }: Sent) {
  asked += 1;
  const id = `asked-${asked}`;
  const token = sender === 'a stranger' ? 'not-a-token' : sender !== 'nobody' && tokens[sender];
  const response = await fetch(`${shared().url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-request-id': id,
      accept,
      ...(token && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const { date: _date, 'x-request-id': _id, ...headers } = Object.fromEntries(response.headers);
  await expect.poll(() => linesOf(id).some(({ msg }) => msg === 'request')).toBe(true);
  const lines = linesOf(id).map(({ ms: _ms, time: _time, httpRequestId: _http, ...line }) => line);
  return { status: response.status, headers, text, lines };
}

function linesOf(id: string) {
  return shared().lines.filter(({ httpRequestId }) => httpRequestId === id);
}

const session = `query ($id: ID!, $more: Boolean = false) {
  session(id: $id) {
    ...parts
    messages(first: 2) { totalCount nodes { role content toolCalls { name } } pageInfo { endCursor } }
  }
}
fragment parts on Session { __typename id title nodes { node { nodeId } syncStatus } createdAt @include(if: $more) }`;
const two =
  'query A { viewer { userId } } query B { b: viewer { userId isAdmin } } mutation C { __typename }';
const own = () => ({ id: alices.session });

const cases: [string, () => Sent][] = [
  ['a session', () => ({ query: session, variables: own() })],
  [
    'a session with a field that a variable includes',
    () => ({ query: session, variables: { ...own(), more: true } }),
  ],
  [
    'an event stream and JSON accepted alike',
    () => ({ query: session, variables: own(), accept: 'text/event-stream, application/json' }),
  ],
  [
    'an event stream preferred',
    () => ({ query: session, variables: own(), accept: 'text/event-stream, application/json;q=0.5' }),
  ],
  [
    'the response type of GraphQL accepted',
    () => ({
      query: session,
      variables: own(),
      accept: 'application/graphql-response+json, application/json;q=0.9',
    }),
  ],
  [
    'plain JSON preferred',
    () => ({
      query: session,
      variables: own(),
      accept: 'application/graphql-response+json;q=0.5, application/json',
    }),
  ],
  ['everything accepted', () => ({ query: session, variables: own(), accept: '*/*' })],
  ['every application type accepted', () => ({ query: session, variables: own(), accept: 'application/*' })],
  [
    'JSON refused, and everything else accepted',
    () => ({ query: session, variables: own(), accept: 'application/json;q=0, */*' }),
  ],
  ['only multipart accepted', () => ({ query: session, variables: own(), accept: 'multipart/mixed' })],
  ['only a page accepted', () => ({ query: session, variables: own(), accept: 'text/html' })],
  ['an unknown session', () => ({ query: session, variables: { id: 'U2Vzc2lvbjo5OTk5OTk=' } })],
  ['a session of another user', () => ({ query: session, variables: own(), sender: 'bob' })],
  ['a session that an admin sees', () => ({ query: session, variables: own(), sender: 'admin' })],
  ['a session, asked by a node', () => ({ query: session, variables: own(), sender: 'node' })],
  ['a session, asked by nobody', () => ({ query: session, variables: own(), sender: 'nobody' })],
  ['a session, asked with a wrong token', () => ({ query: session, variables: own(), sender: 'a stranger' })],
  ['a missing variable', () => ({ query: session })],
  [
    'a missing variable, and the response type of GraphQL',
    () => ({ query: session, accept: 'application/graphql-response+json' }),
  ],
  ['a variable of the wrong type', () => ({ query: session, variables: { id: ['x'], more: 'yes' } })],
  ['an unknown variable', () => ({ query: session, variables: { ...own(), none: 1 } })],
  ['variables that are no object', () => ({ query: session, variables: 'x' })],
  [
    'a page that is too large',
    () => ({ query: 'query ($n: Int) { sessions(first: $n) { totalCount } }', variables: { n: 100_000 } }),
  ],
  [
    'a list',
    () => ({ query: '{ sessions(first: 5) { nodes { databaseId } } models { name } viewer { userId } }' }),
  ],
  ['the schema', () => ({ query: '{ __schema { queryType { name } } __type(name: "Run") { name } }' })],
  ['the first of several operations', () => ({ query: two, operationName: 'A' })],
  ['the second of several operations', () => ({ query: two, operationName: 'B' })],
  ['a mutation beside queries', () => ({ query: two, operationName: 'C' })],
  ['an operation that the document does not have', () => ({ query: two, operationName: 'D' })],
  ['none of several operations', () => ({ query: two })],
  ['a name of an operation that is no text', () => ({ query: two, operationName: 7 })],
  ['a mutation', () => ({ query: 'mutation { cancelRun(id: "U2Vzc2lvbjox") { __typename } }' })],
  ['a subscription', () => ({ query: 'subscription { sessionEvents(sessionId: "x") { __typename } }' })],
  ['an invalid document', () => ({ query: '{ nothing }' })],
  ['a document that is not GraphQL', () => ({ query: '} viewer' })],
];

test.each(cases)('a document that is known gets the same response as a new one: %s', async (_what, make) => {
  const sent = make();
  await ask(sent);
  const known = await ask(sent);

  // A comment makes it another document, which Yoga answers.
  expect(known).toEqual(await ask({ ...sent, query: `${sent.query} # ${asked}` }));
});

test('a known document is read with the rights of each sender', async () => {
  const sent = { query: session, variables: own() };
  await ask({ ...sent, sender: 'alice' });

  expect(JSON.parse((await ask({ ...sent, sender: 'alice' })).text).data.session.id).toBe(alices.session);
  expect(JSON.parse((await ask({ ...sent, sender: 'bob' })).text).data.session).toBeNull();
  expect((await ask({ ...sent, sender: 'nobody' })).status).toBe(401);
});
