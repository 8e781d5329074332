import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../../src/errors.ts';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { refusal, resultIn } from '../../support/gateway/refusal.ts';

let gateway: TestGateway;
let runId = '';

/** The first session of the gateway. It has one prompt and its answer. */
const session = idOf('Session:1');

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.createSession({ userId: 'alice' });
  const seen = await collect(chat(gateway.client(), { sessionId: session, prompt: 'Hello' }));
  runId = seen[0]?.runId ?? '';
});
afterAll(() => gateway[Symbol.asyncDispose]());

function idOf(text: string): string {
  return Buffer.from(text).toString('base64');
}
const cursor = (text: string) => Buffer.from(text).toString('base64url');

const readSession = 'query ($id: ID!) { session(id: $id) { id } }';
const readByDatabaseId = 'query ($id: Int!) { sessionByDatabaseId(databaseId: $id) { id } }';
const send = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }';
const create = 'mutation ($input: CreateSessionInput!) { createSession(input: $input) { id } }';
const update =
  'mutation ($id: ID!, $input: UpdateSessionInput!) { updateSession(id: $id, input: $input) { id } }';
const cancel = 'mutation ($input: CancelRunInput!) { cancelRun(input: $input) { cancelled } }';
const cancelById =
  'mutation ($run: ID, $session: ID) { cancelRun(runId: $run, sessionId: $session) { cancelled } }';
const follow = 'subscription ($run: ID!, $after: Int) { runEvents(runId: $run, after: $after) { seq } }';
const chatAfter = 'subscription ($input: ChatInput!) { chat(input: $input, after: 5) { seq } }';
const watch = 'subscription ($id: ID!) { sessionEvents(sessionId: $id) { __typename } }';
const sessions = (args: string) => `{ sessions(${args}) { edges { node { id } } } }`;
const page = (fields: string) => `edges { node { ${fields} } }`;
const messages = (args: string) =>
  `{ session(id: "${session}") { messages(${args}) { edges { node { id } } } } }`;

type Row = [what: string, query: string, variables: object, code: ErrorCode, field: string | RegExp];

const rows: Row[] = [
  ['a message’s id for a session', readSession, { id: idOf('Message:1') }, 'BAD_USER_INPUT', 'id'],
  ['a negative id', readSession, { id: idOf('Session:-1') }, 'BAD_USER_INPUT', 'id'],
  ['a fractional id', readSession, { id: idOf('Session:1.5') }, 'BAD_USER_INPUT', 'id'],
  ['an id beyond 32 bits', readSession, { id: idOf('Session:2147483648') }, 'BAD_USER_INPUT', 'id'],
  ['an id of many digits', readSession, { id: idOf(`Session:${'9'.repeat(400)}`) }, 'BAD_USER_INPUT', 'id'],
  ['an empty id', readSession, { id: '' }, 'BAD_USER_INPUT', 'id'],
  ['an id that is not base64', readSession, { id: '%' }, 'BAD_USER_INPUT', 'id'],
  ['an id that is a boolean', readSession, { id: true }, 'BAD_USER_INPUT', /"\$id"/],
  ['a missing id', readSession, {}, 'BAD_USER_INPUT', /"\$id"/],
  ['an id that names no type', '{ node(id: "Zm9v") { id } }', {}, 'BAD_USER_INPUT', /"Zm9v"/],
  [
    'an id of a type without ids',
    `{ node(id: "${idOf('ToolCall:1')}") { id } }`,
    {},
    'BAD_USER_INPUT',
    /ToolCall/,
  ],
  ['an id of an unknown type', `{ nodes(ids: ["${idOf('Foo:1')}"]) { id } }`, {}, 'BAD_USER_INPUT', /Foo/],
  ['a fractional database id', readByDatabaseId, { id: 1.5 }, 'BAD_USER_INPUT', /"\$id"/],
  ['a huge database id', readByDatabaseId, { id: 2 ** 31 }, 'BAD_USER_INPUT', /"\$id"/],

  ['an empty prompt', send, prompt(''), 'BAD_USER_INPUT', 'input.prompt'],
  ['a blank prompt', send, prompt(' \n\t'), 'BAD_USER_INPUT', 'input.prompt'],
  ['a prompt of 1 MB', send, prompt('a'.repeat(1_000_000)), 'PAYLOAD_TOO_LARGE', 'input.prompt'],
  ['a prompt with too many bytes', send, prompt('é'.repeat(200_000)), 'PAYLOAD_TOO_LARGE', 'input.prompt'],
  ['a prompt with half a surrogate pair', send, prompt('Hi \ud83d'), 'BAD_USER_INPUT', 'input.prompt'],
  ['a prompt that is null', send, prompt(null), 'BAD_USER_INPUT', /input\.prompt/],
  ['a prompt that is a number', send, prompt(5), 'BAD_USER_INPUT', /input\.prompt/],
  ['a missing prompt', send, { input: { sessionId: session } }, 'BAD_USER_INPUT', /prompt/],
  ['an unknown session', send, prompt('Hi', { sessionId: idOf('Session:99') }), 'NOT_FOUND', /99/],
  [
    'a run id as a session',
    send,
    prompt('Hi', { sessionId: idOf('Run:1') }),
    'BAD_USER_INPUT',
    'input.sessionId',
  ],
  ['an unknown provider', send, prompt('Hi', { providerName: 'acme' }), 'BAD_USER_INPUT', /providerName$/],
  ['an unknown model', send, prompt('Hi', { modelName: 'acme-1' }), 'BAD_USER_INPUT', /modelName$/],
  ['an empty request id', send, prompt('Hi', { requestId: '' }), 'BAD_USER_INPUT', 'input.requestId'],
  [
    'a request id that is too long',
    send,
    prompt('Hi', { requestId: 'x'.repeat(201) }),
    'BAD_USER_INPUT',
    'input.requestId',
  ],
  ['an unknown policy', send, prompt('Hi', { onBusy: 'WAIT' }), 'BAD_USER_INPUT', /onBusy/],
  ['an unknown input field', create, { input: { colour: 'red' } }, 'BAD_USER_INPUT', /"colour"/],
  [
    'a title that is too long',
    create,
    { input: { title: 'x'.repeat(201) } },
    'BAD_USER_INPUT',
    'input.title',
  ],
  ['a blank user', create, { input: { userId: ' ' } }, 'BAD_USER_INPUT', 'input.userId'],
  [
    'a system prompt that is too long',
    create,
    { input: { systemPrompt: 'x'.repeat(100_001) } },
    'BAD_USER_INPUT',
    'input.systemPrompt',
  ],
  [
    'a session of an unknown provider',
    create,
    { input: { providerName: 'acme' } },
    'BAD_USER_INPUT',
    /providerName$/,
  ],
  [
    'a change to an unknown model',
    update,
    { id: session, input: { modelName: 'x' } },
    'BAD_USER_INPUT',
    /modelName$/,
  ],
  ['a change of an unknown session', update, { id: idOf('Session:99'), input: {} }, 'NOT_FOUND', /99/],
  ['a cancellation of nothing', cancel, { input: {} }, 'BAD_USER_INPUT', /"CancelRunInput"/],
  ['a cancellation of null', cancel, { input: { runId: null } }, 'BAD_USER_INPUT', /"runId"/],
  [
    'a cancellation of a run and a session',
    cancel,
    { input: { runId: idOf('Run:1'), sessionId: session } },
    'BAD_USER_INPUT',
    /"CancelRunInput"/,
  ],
  [
    'a cancellation that writes down a run and a session',
    `mutation { cancelRun(input: { runId: "${idOf('Run:1')}", sessionId: "${session}" }) { cancelled } }`,
    {},
    'GRAPHQL_VALIDATION_FAILED',
    /"CancelRunInput"/,
  ],
  [
    'a cancellation of a session as a run',
    cancel,
    { input: { runId: session } },
    'BAD_USER_INPUT',
    'input.runId',
  ],
  ['a cancellation of an unknown run', cancel, { input: { runId: idOf('Run:99') } }, 'NOT_FOUND', /99/],
  [
    'a cancellation in an unknown session',
    cancel,
    { input: { sessionId: idOf('Session:99') } },
    'NOT_FOUND',
    /99/,
  ],

  ['a cancellation without arguments', cancelById, {}, 'BAD_USER_INPUT', 'runId'],
  [
    'a cancellation of a run and a session as two arguments',
    cancelById,
    { run: idOf('Run:1'), session },
    'BAD_USER_INPUT',
    'runId',
  ],
  [
    'a cancellation of a session as the argument runId',
    cancelById,
    { run: session },
    'BAD_USER_INPUT',
    'runId',
  ],
  ['a cancellation of an unknown run by its id', cancelById, { run: idOf('Run:99') }, 'NOT_FOUND', /99/],

  ['a negative page', sessions('first: -1'), {}, 'BAD_USER_INPUT', 'first'],
  ['a page of 100,000', sessions('first: 100000'), {}, 'BAD_USER_INPUT', 'first'],
  ['a last page of 100,000', messages('last: 100000'), {}, 'BAD_USER_INPUT', 'last'],
  ['first and last together', messages('first: 1, last: 1'), {}, 'BAD_USER_INPUT', 'last'],
  ['a malformed cursor', sessions('after: "?"'), {}, 'BAD_USER_INPUT', 'after'],
  ['a negative cursor', messages(`before: "${cursor('cursor:-1')}"`), {}, 'BAD_USER_INPUT', 'before'],
  [
    'a cursor beyond the last run event',
    follow,
    { run: idOf('Run:1'), after: 100_000 },
    'BAD_USER_INPUT',
    'after',
  ],
  ['a negative cursor of a run', follow, { run: idOf('Run:1'), after: -1 }, 'BAD_USER_INPUT', 'after'],
  ['an unknown run', follow, { run: idOf('Run:99') }, 'NOT_FOUND', /99/],
  ['a session id as a run', follow, { run: session }, 'BAD_USER_INPUT', 'runId'],
  ['a cursor with a new prompt', chatAfter, prompt('Hi'), 'BAD_USER_INPUT', 'after'],
  ['a blank prompt with a cursor', chatAfter, prompt(' '), 'BAD_USER_INPUT', 'input.prompt'],
  ['a watch over an unknown session', watch, { id: idOf('Session:99') }, 'NOT_FOUND', /99/],

  ['an unknown field', '{ colour }', {}, 'GRAPHQL_VALIDATION_FAILED', /"colour"/],
  [
    'pages in pages in pages',
    `{ sessions(first: 100) { ${page(`messages(first: 100) { ${page(`session { messages(first: 100) { ${page('id')} } }`)} }`)} } }`,
    {},
    'QUERY_TOO_COMPLEX',
    /smaller pages/,
  ],
  [
    'pages in pages in fragments',
    `{ nodes(ids: []) { id ...S } } fragment S on Session { messages { ...M } }
      fragment M on MessageConnection { ${page(`session { messages { ${page('id')} } }`)} }`,
    {},
    'QUERY_TOO_COMPLEX',
    /smaller pages/,
  ],
  [
    'more ids than fit in a page',
    'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
    { ids: Array.from({ length: 101 }, () => session) },
    'BAD_USER_INPUT',
    'ids',
  ],
  ['an unknown argument', '{ viewer(colour: 1) { userId } }', {}, 'GRAPHQL_VALIDATION_FAILED', /"colour"/],
  ['text that is not a document', 'hello', {}, 'GRAPHQL_PARSE_FAILED', /hello/],
  [
    '10,000 levels of fields',
    `{${'a{'.repeat(10_000)}a${'}'.repeat(10_000)}}`,
    {},
    'QUERY_TOO_COMPLEX',
    /tokens/,
  ],
  ['20,000 tokens', `{${'viewer{userId}'.repeat(5_000)}}`, {}, 'QUERY_TOO_COMPLEX', /tokens/],
  ['20,000 levels of a list', `{ session(id: ${'['.repeat(20_000)}`, {}, 'QUERY_TOO_COMPLEX', /tokens|deep/],
  ['5,000 fragments within each other', `{${'...{'.repeat(5_000)}`, {}, 'QUERY_TOO_COMPLEX', /tokens/],
];

function prompt(text: unknown, more: object = {}) {
  return { input: { sessionId: session, prompt: text, ...more } };
}

describe.each([
  ['/graphql', 'application/json, text/event-stream'],
  ['/graphql/stream', 'text/event-stream'],
])('%s', (path, accept) => {
  test.each(rows)(`${path} refuses %s and names the fault`, async (_what, query, variables, code, field) => {
    const refused = await refusal(gateway, () =>
      fetch(gateway.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept },
        body: JSON.stringify({ query, variables }),
      }),
    );

    const [error] = resultIn(refused).errors ?? [];
    expect(error?.extensions['code']).toBe(code);
    if (typeof field === 'string') expect(error?.extensions['field']).toBe(field);
    else expect(`${error?.message} ${error?.extensions['field']}`).toMatch(field);
  });

  test(`${path} answers null for an unknown id`, async () => {
    const missing = await refusal(gateway, () =>
      fetch(gateway.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept },
        body: JSON.stringify({ query: readSession, variables: { id: idOf('Session:99') } }),
      }),
    );
    expect(resultIn(missing)).toEqual({ data: { session: null } });
  });

  test(`${path} answers a prompt after the refused requests`, async () => {
    expect(runId).toBe(idOf('Run:1'));
    const seen = await collect(chat(gateway.client(), { sessionId: session, prompt: 'Hello' }));
    expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { status: 'COMPLETE' } });
  });
});
