import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiTokens } from '../../../src/identity/api-tokens.ts';
import { StreamTickets } from '../../../src/identity/stream-tickets.ts';
import { createLog } from '../../../src/log.ts';
import { readSharedSecret } from '../../../src/storage/shared-secret.ts';
import { collect, follow } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import type { GatewayApi } from '../../support/gateway/gateway-api.ts';
import { adminJwt, jwtSettings, signJwt } from '../../support/gateway/jwt.ts';

let gateway: TestGateway;
let tokens: ApiTokens;
let alice: GatewayApi;
/** A session of alice with an answered prompt. */
let session: Chatted;
let ticket = '';

interface Chatted {
  id: string;
  databaseId: number;
  run: string;
}

beforeAll(async () => {
  gateway = await startTestGateway({ settings: { ...jwtSettings, LOG_LEVEL: 'trace' } });
  tokens = new ApiTokens({ ...gateway.services, log: createLog({ level: 'silent', format: 'json' }) });
  alice = gateway.as(await signJwt({ sub: 'alice' }));
  session = await chatOf(alice);
  ticket = (await ticketFor(alice, session.run)).ticket;
});
afterAll(() => gateway[Symbol.asyncDispose]());

async function chatOf(user: GatewayApi, prompt = 'Say hello.'): Promise<Chatted> {
  const id = await user.createSession();
  const run = await user.send({ sessionId: id, prompt });
  if (prompt === 'Say hello.') await collect(follow(user.client(), run));
  const { session: found } = await user.query('query ($id: ID!) { session(id: $id) { databaseId } }', { id });
  return { id, databaseId: found.databaseId, run };
}

async function ticketFor(user: GatewayApi, runId: string) {
  const create =
    'mutation ($runId: ID!) { createStreamTicket(runId: $runId) { ticket expiresAt url runId } }';
  return (await user.query(create, { runId })).createStreamTicket;
}

interface Answer {
  status: number;
  text: string;
}

async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(gateway.url + path, { redirect: 'manual', ...init });
  return { status: response.status, text: await response.text() };
}

/** Sends a GraphQL operation in the URL, as an EventSource does. */
function askStream(query: string, variables: object = {}, withTicket = ticket): Promise<Answer> {
  const search = new URLSearchParams({ query, variables: JSON.stringify(variables), ticket: withTicket });
  return ask(`/graphql/stream?${search}`, { headers: { accept: 'text/event-stream' } });
}

const chatPath = () => `/api/v1/sessions/${session.databaseId}/chat?ticket=${ticket}`;
const runEvents = (selection: string) =>
  `subscription ($run: ID!) { runEvents(runId: $run) { __typename seq ${selection} } }`;

describe('a stream ticket', () => {
  test('a ticket opens the stream of its run over REST, and says until when', async () => {
    const created = await ticketFor(alice, session.run);
    expect(created).toEqual({
      ticket: expect.any(String),
      expiresAt: expect.any(String),
      url: `/api/v1/sessions/${session.databaseId}/chat?ticket=${created.ticket}`,
      runId: session.run,
    });
    const ms = Date.parse(created.expiresAt) - Date.now();
    expect(ms).toBeGreaterThan(240_000);
    expect(ms).toBeLessThanOrEqual(300_000);

    const { status, text } = await ask(created.url);

    expect(status).toBe(200);
    expect(text).toMatch(/"type":"start".*"type":"finish"[^\n]*\n\n$/s);
  });

  test('a ticket from REST opens the stream of the last run, also after a cursor, and 204 ends it', async () => {
    const path = `/api/v1/sessions/${session.databaseId}/chat/ticket`;
    const headers = { authorization: `Bearer ${await signJwt({ sub: 'alice' })}` };
    const { status, text } = await ask(path, { method: 'POST', headers });
    expect(status).toBe(200);
    const { url, run_id, ...rest } = JSON.parse(text);
    expect(Object.keys(rest)).toEqual(['session_id', 'ticket', 'expires_at']);

    const whole = await ask(url);
    const ids = [...whole.text.matchAll(/^id: (.*)$/gm)].map(([, id = '']) => id);
    expect(ids[0]).toMatch(new RegExp(`^${run_id}:[01]$`));
    const resumed = await ask(`${url}&lastEventId=${ids.at(-2)}`);
    expect([...resumed.text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id)).toEqual(ids.slice(-1));
    expect(await ask(`${url}&lastEventId=${ids.at(-1)}`)).toEqual({ status: 204, text: '' });
  });

  test('a ticket opens a subscription to its run over graphql-sse with GET', async () => {
    const selection =
      '... on RunStarted { run { status } userMessage { content } } ... on RunCompleted { message { content toolCalls { name } } usage { totalTokens } }';
    const { status, text } = await askStream(runEvents(selection), { run: session.run });

    expect(status).toBe(200);
    expect(text).toContain('"content":"Say hello."');
    expect(text).toMatch(/"__typename":"RunCompleted".*event: complete/s);
  });

  test('a ticket is valid for another gateway of the same database', async () => {
    const { database } = gateway.services;
    const other = new StreamTickets({ database, tokens, ttlMs: 1_000, isOpen: false });
    expect(await other.check(ticket)).toMatchObject({ viewer: { userId: 'alice', isAdmin: false } });
  });

  test('a session without a run gets no ticket', async () => {
    const id = await alice.createSession();
    const { session: empty } = await alice.query('query ($id: ID!) { session(id: $id) { databaseId } }', {
      id,
    });
    const headers = { authorization: `Bearer ${await signJwt({ sub: 'alice' })}` };
    const path = `/api/v1/sessions/${empty.databaseId}/chat/ticket`;
    expect(await ask(path, { method: 'POST', headers })).toEqual({
      status: 404,
      text: '{"detail":"The session has no run to follow"}',
    });
  });
});

describe('a ticket opens nothing else', () => {
  test.each([
    ['the session of the event', '... on RunStarted { session { title } }'],
    ['the session of the run', '... on RunStarted { run { session { title } } }'],
    ['the session of a message', '... on RunStarted { userMessage { session { title } } }'],
    ['the run of a message', '... on RunStarted { userMessage { run { status } } }'],
    ['the node of a call', '... on ToolCallStarted { node { nodeId } }'],
  ])('a subscription that selects %s is refused', async (_what, selection) => {
    const { text } = await askStream(runEvents(selection), { run: session.run });
    expect(text).toContain('"code":"FORBIDDEN"');
    expect(text).not.toContain('"data":{');
  });

  test('a fragment does not lead out of the run either', async () => {
    const document = `${runEvents('...f')} fragment f on RunStarted { run { ...g } } fragment g on Run { session { title } }`;
    const { text } = await askStream(document, { run: session.run });
    expect(text).toContain('"code":"FORBIDDEN"');
    expect(text).not.toContain('"data":{');
  });

  test.each([
    [
      'the changes of the session',
      'subscription ($session: ID!) { sessionEvents(sessionId: $session) { __typename } }',
    ],
    [
      'the inbox of a node',
      'subscription { nodeInbox(input: { capabilities: [], maxDispatches: 1, instanceId: "i", running: [] }) { seq } }',
    ],
    ['a query', 'query ($run: ID!) { run(id: $run) { status } }'],
    ['the schema', '{ __schema { queryType { name } } }'],
  ])('%s is refused', async (_what, document) => {
    const { text } = await askStream(document, { session: session.id, run: session.run });
    expect(text).toContain('"code":"FORBIDDEN"');
    expect(text).not.toMatch(/"data":\{/);
  });

  test('another run of the same user is refused', async () => {
    const other = await chatOf(alice);
    expect((await askStream(runEvents(''), { run: other.run })).text).toContain('"code":"FORBIDDEN"');
    const { status } = await ask(`/api/v1/sessions/${other.databaseId}/chat?ticket=${ticket}`);
    expect(status).toBe(404);
    const run = Buffer.from(other.run, 'base64').toString().split(':')[1];
    expect((await ask(`${chatPath()}&lastEventId=${run}:1`)).status).toBe(403);
  });

  const elsewhere: [what: string, path: () => string, init?: RequestInit][] = [
    ['the session', () => `/api/v1/sessions/${session.databaseId}?ticket=${ticket}`],
    ['its messages', () => `/api/v1/sessions/${session.databaseId}/messages?ticket=${ticket}`],
    ['sending a prompt', chatPath, { method: 'POST', body: '{"prompt":"Hi."}' }],
    ['HEAD', chatPath, { method: 'HEAD' }],
    [
      'a ticket for a ticket',
      () => `/api/v1/sessions/${session.databaseId}/chat/ticket?ticket=${ticket}`,
      { method: 'POST' },
    ],
    [
      'deleting the session',
      () => `/api/v1/sessions/${session.databaseId}?ticket=${ticket}`,
      { method: 'DELETE' },
    ],
    ['/graphql', () => `/graphql?query={viewer{userId}}&ticket=${ticket}`],
    ['reserving a stream', () => `/graphql/stream?ticket=${ticket}`, { method: 'PUT' }],
    [
      'POST to /graphql/stream',
      () => `/graphql/stream?ticket=${ticket}`,
      {
        method: 'POST',
        headers: { accept: 'text/event-stream', 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ viewer { userId } }' }),
      },
    ],
  ];
  test.each(elsewhere)('%s needs a token in spite of a ticket', async (_what, path, init) => {
    const { status, text } = await ask(path(), init);
    expect([200, 401]).toContain(status);
    if (init?.method !== 'HEAD') expect(text).toContain('Say who you are');
  });

  test('the ticket does not open a reserved stream of its user', async () => {
    const authorization = `Bearer ${await signJwt({ sub: 'alice' })}`;
    const { text: token } = await ask('/graphql/stream', { method: 'PUT', headers: { authorization } });
    const headers = { accept: 'text/event-stream' };
    const { status, text } = await ask(`/graphql/stream?token=${token}&ticket=${ticket}`, { headers });
    expect([status, text]).toEqual([400, expect.stringContaining('query')]);
  });

  test('another user and a node get no ticket for the run', async () => {
    const bob = gateway.as(await signJwt({ sub: 'bob' }));
    await expect(ticketFor(bob, session.run)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a ticket that is not valid', () => {
  const sign = async (key: Uint8Array, expiresIn: number) =>
    new SignJWT({ run: Number(Buffer.from(session.run, 'base64').toString().split(':')[1]) })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('alice')
      .setAudience('stream')
      .setExpirationTime(Math.floor(Date.now() / 1_000) + expiresIn)
      .sign(key);
  const ours = () => readSharedSecret(gateway.services.database, 'stream tickets');
  const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

  test('the key of this test signs valid tickets', async () => {
    const { status } = await ask(
      `/api/v1/sessions/${session.databaseId}/chat?ticket=${await sign(await ours(), 60)}`,
    );
    expect(status).toBe(200);
  });

  test.each<[string, () => Promise<string> | string, string]>([
    ['expired', async () => sign(await ours(), -1), 'The stream ticket has expired.'],
    ['empty', () => '', 'does not come from this gateway'],
    ['a text', () => 'ticket', 'does not come from this gateway'],
    ['changed', () => ticket.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')), 'or was changed'],
    [
      'for another run',
      () => ticket.replace(/\.[^.]*\./, `.${base64({ run: 2, sub: 'alice', exp: 9_999_999_999 })}.`),
      'or was changed',
    ],
    ['signed with another key', () => sign(Buffer.alloc(32), 60), 'does not come from this gateway'],
    [
      'not signed',
      () =>
        `${base64({ alg: 'none' })}.${base64({ run: 1, sub: 'alice', aud: 'stream', exp: 9_999_999_999 })}.`,
      'does not come from this gateway',
    ],
    ['a token of the user', () => signJwt({ sub: 'alice' }), 'does not come from this gateway'],
  ])('a ticket that is %s is refused with 401 that says so', async (_what, make, message) => {
    const bad = await make();
    const rest = await ask(`/api/v1/sessions/${session.databaseId}/chat?ticket=${bad}`);
    expect([rest.status, JSON.parse(rest.text)]).toEqual([401, { detail: expect.stringContaining(message) }]);
    const stream = await askStream(runEvents(''), { run: session.run }, bad);
    expect(stream.status).toBe(401);
    expect(JSON.parse(stream.text).errors[0]).toMatchObject({
      message: expect.stringContaining(message),
      extensions: { code: 'UNAUTHENTICATED' },
    });
  });

  test('a ticket is no token of its user', async () => {
    await expect(gateway.as(ticket).query('{ viewer { userId } }')).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
  });

  test('revoking the token that made a ticket ends its stream, and the ticket opens no other', async () => {
    const { token, row } = await tokens.create({
      userId: 'alice',
      isAdmin: false,
      name: null,
      expiresAt: null,
    });
    const long = await chatOf(alice, 'Write 2000 words.');
    const { url, ticket: made } = await ticketFor(gateway.as(token), long.run);
    const paused = new AbortController();
    const stream = await fetch(gateway.url + url, { signal: paused.signal });
    expect(stream.status).toBe(200);
    await tokens.revoke(row.id);

    expect(await ask(url)).toEqual({ status: 401, text: '{"detail":"The token was revoked."}' });
    expect((await askStream(runEvents(''), { run: long.run }, made)).status).toBe(401);
    expect(await stream.text()).toMatch(/"type":"(error","code":"UNAUTHENTICATED"|finish")/);
  });

  test('the ticket of a run whose session was deleted opens nothing', async () => {
    const gone = await chatOf(alice);
    const { url, ticket: made } = await ticketFor(alice, gone.run);
    await alice.query('mutation ($id: ID!) { deleteSession(id: $id) { __typename } }', { id: gone.id });

    expect((await ask(url)).status).toBe(404);
    expect((await askStream(runEvents(''), { run: gone.run }, made)).text).toContain('"code":"NOT_FOUND"');
  });

  test('even an admin gets no ticket for a run whose session was deleted', async () => {
    const gone = await chatOf(alice);
    await alice.query('mutation ($id: ID!) { deleteSession(id: $id) { __typename } }', { id: gone.id });
    const admin = gateway.as(await adminJwt('root'));
    await expect(ticketFor(admin, gone.run)).rejects.toThrow('There is no run');
  });

  test('a ticket that expires with the token of its user says so', async () => {
    const soon = gateway.as(await signJwt({ sub: 'alice', expiresIn: 60 }));
    const { expiresAt } = await ticketFor(soon, session.run);
    expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(66_000);
  });
});

test('no ticket is in the log', () => {
  expect(gateway.lines.length).toBeGreaterThan(10);
  const signature = ticket.split('.')[2] ?? '';
  expect(signature.length).toBeGreaterThan(20);
  expect(JSON.stringify(gateway.lines)).not.toContain(signature);
  expect(JSON.stringify(gateway.lines)).not.toContain('ticket=');
});
