import { expect, onTestFinished, test } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { adminJwt, jwtSettings, signJwt } from '../../support/gateway/jwt.ts';
import { connectNode } from '../../support/node/node-client.ts';
import { registerNode } from '../../support/node/nodes.ts';
import { globalId, seed, seedMessages } from '../schema/seed.ts';

const query = JSON.stringify({ query: '{ viewer { userId } }' });

/** Sends requests at the same time; returns their HTTP statuses, lowest first. */
async function statuses(
  gateway: TestGateway,
  count: number,
  token?: string,
  more?: Record<string, string>,
): Promise<number[]> {
  const sender = token && { authorization: `Bearer ${token}` };
  const headers = { 'content-type': 'application/json', ...sender, ...more };
  const ask = async () =>
    (await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body: query })).status;
  return (await Promise.all(Array.from({ length: count }, ask))).sort();
}

test('MAX_REQUESTS_PER_MINUTE limits GraphQL, graphql-sse and REST together, and a refusal has Retry-After', async () => {
  await using gateway = await startTestGateway({ settings: { MAX_REQUESTS_PER_MINUTE: '3' } });
  const post = (path: string, accept: string) =>
    fetch(gateway.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: query,
    });
  const ask = () => [
    post('/graphql', 'application/json'),
    post('/graphql/stream', 'text/event-stream'),
    gateway.rest('/sessions/1'),
  ];

  expect((await Promise.all(ask())).map(({ status }) => status)).toEqual([200, 200, 404]);
  const refused = await Promise.all(ask());

  const message = 'You may send 3 requests in a minute, 3 of them at once; try again later.';
  const limit = { limit: 'MAX_REQUESTS_PER_MINUTE', retryAfter: 20 };
  const errors = [{ message, extensions: { code: 'RATE_LIMITED', ...limit } }];
  expect(refused.map(({ status }) => status)).toEqual([429, 429, 429]);
  expect(await Promise.all(refused.map((response) => response.json()))).toEqual([
    { errors },
    { errors },
    { detail: message },
  ]);
  expect(refused.map(({ headers }) => headers.get('retry-after'))).toEqual(['20', '20', '20']);
  expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200);
});

test('MAX_REQUESTS_PER_MINUTE limits pages, their files and unknown paths by address, but not health checks', async () => {
  const paths = [
    '/',
    '/graphql',
    '/docs',
    '/docs/swagger-ui.css',
    '/console',
    '/console/main.js',
    '/nothing',
  ];
  const settings = { ...jwtSettings, MAX_REQUESTS_PER_MINUTE: String(paths.length) };
  await using gateway = await startTestGateway({ settings });
  const ask = (path: string) =>
    fetch(gateway.url + path, { headers: { accept: 'text/html' }, redirect: 'manual' });
  const statusesOf = (asked: string[]) => Promise.all(asked.map(async (path) => (await ask(path)).status));

  expect(await statusesOf(paths)).toEqual([302, 200, 200, 200, 200, 200, 404]);
  const unlimited = ['/health/live', '/health/ready'];
  expect(await statusesOf([...paths, '/api/v1/openapi.json', ...unlimited])).toEqual([
    ...paths.map(() => 429),
    429,
    200,
    200,
  ]);
});

test('MAX_REQUESTS_PER_MINUTE counts a REST chat as one request, although it executes several operations', async () => {
  await using gateway = await startTestGateway({ settings: { MAX_REQUESTS_PER_MINUTE: '2' } });
  const json = { method: 'POST', headers: { 'content-type': 'application/json' } };
  await gateway.rest('/sessions/', { ...json, body: '{}' });
  const chat = await gateway.rest('/sessions/1/chat', { ...json, body: '{"prompt":"Hi"}' });
  expect(await chat.text()).toContain('"type":"finish"');
  expect((await gateway.rest('/sessions/1')).status).toBe(429);
});

test('MAX_REQUEST_BURST limits how many requests come at once, and later requests are accepted again', async () => {
  const settings = { MAX_REQUESTS_PER_MINUTE: '600', MAX_REQUEST_BURST: '2' };
  await using gateway = await startTestGateway({ settings });
  expect((await statuses(gateway, 40)).filter((status) => status === 429).length).toBeGreaterThan(0);
  await expect.poll(() => statuses(gateway, 1)).toEqual([200]);
});

test('MAX_REQUESTS_PER_MINUTE counts all tokens of a user together, and requests without a valid token by address', async () => {
  const settings = { ...jwtSettings, MAX_REQUESTS_PER_MINUTE: '4' };
  await using gateway = await startTestGateway({ settings });
  const [alice, again] = [await signJwt({ sub: 'alice' }), await signJwt({ sub: 'alice', expiresIn: 60 })];

  expect(await statuses(gateway, 3, alice)).toEqual([200, 200, 200]);
  expect(await statuses(gateway, 2, again)).toEqual([200, 429]);
  expect(await statuses(gateway, 6, 'forged')).toEqual([401, 401, 401, 401, 429, 429]);
  expect(await statuses(gateway, 1)).toEqual([429]);
  expect(await statuses(gateway, 4, await signJwt({ sub: 'bob' }))).toEqual([200, 200, 200, 200]);
});

test('MAX_REQUESTS_PER_MINUTE counts unknown clients behind a trusted proxy by the address that it tells', async () => {
  const settings = { ...jwtSettings, MAX_REQUESTS_PER_MINUTE: '2', TRUSTED_PROXIES: '127.0.0.0/8, ::1' };
  await using gateway = await startTestGateway({ settings });
  const from = (client: string) => statuses(gateway, 3, undefined, { 'x-forwarded-for': client });
  expect(await from('203.0.113.9')).toEqual([401, 401, 429]);
  expect(await from('2001:db8::7')).toEqual([401, 401, 429]);
  // A client cannot become another one by writing the header itself.
  expect(await from('198.51.100.1, 203.0.113.9')).toEqual([429, 429, 429]);
});

test('MAX_REQUESTS_PER_MINUTE has a default with AUTH=jwt, and no limit with AUTH=none', async () => {
  await using known = await startTestGateway({ settings: { ...jwtSettings, MAX_REQUEST_BURST: '5' } });
  expect((await statuses(known, 200, await signJwt({ sub: 'alice' }))).at(-1)).toBe(429);
  await using unknown = await startTestGateway({ settings: { MAX_REQUEST_BURST: '5' } });
  expect((await statuses(unknown, 200)).at(-1)).toBe(200);
});

test('MAX_NODE_REQUESTS_PER_MINUTE counts the requests of an agent apart from those of its owner', async () => {
  const settings = {
    ...jwtSettings,
    MAX_REQUESTS_PER_MINUTE: '3',
    MAX_NODE_REQUESTS_PER_MINUTE: '2',
  };
  await using gateway = await startTestGateway({ settings });
  const alice = await signJwt({ sub: 'alice' });
  const token = await registerNode(gateway.as(alice), 'laptop');
  await using laptop = connectNode(gateway.url, token);
  await laptop.next('InboxOpened');

  expect(await statuses(gateway, 2, token)).toEqual([200, 429]);
  expect(await statuses(gateway, 3, alice)).toEqual([200, 200, 429]);
});

/** Costs 10,702 at most, and less where there are fewer sessions. */
const costly = '{ sessions(first: 100) { edges { node { messages(first: 98) { edges { cursor } } } } } }';

async function seedPages({ services: { database } }: TestGateway) {
  for (const id of await seed(database, { sessions: 60 })) await seedMessages(database, id, 80);
}

test('a query takes tokens for its cost, and gets back those that its result did not need', async () => {
  const settings = { MAX_REQUESTS_PER_MINUTE: '16' };
  await using gateway = await startTestGateway({ settings });
  for (let request = 0; request < 4; request += 1) {
    expect((await gateway.graphql(costly)).errors).toBeUndefined();
  }
  await seedPages(gateway);
  expect((await gateway.graphql(costly)).errors).toBeUndefined();

  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: costly }),
  });
  expect(response.status).toBe(429);
  const [error] = (await response.json()).errors;
  expect(error.message).toMatch(/The document costs \d+, which counts as \d+ requests/);
  const { retryAfter, ...extensions } = error.extensions;
  expect(extensions).toEqual({ code: 'RATE_LIMITED', limit: 'MAX_REQUESTS_PER_MINUTE' });
  expect(response.headers.get('retry-after')).toBe(String(retryAfter));
  expect((await gateway.graphql('{ viewer { userId } }')).errors).toBeUndefined();
});

test('a query that costs more than a full bucket is executed, and later requests wait for what it owes', async () => {
  const settings = { MAX_REQUESTS_PER_MINUTE: '20', MAX_REQUEST_BURST: '3' };
  await using gateway = await startTestGateway({ settings });
  await seedPages(gateway);
  expect((await gateway.graphql(costly)).errors).toBeUndefined();
  expect((await gateway.graphql('{ viewer { userId } }')).errors?.[0]?.extensions).toMatchObject({
    code: 'RATE_LIMITED',
  });
});

test('the events of a subscription take tokens from its sender for their cost, and the subscription goes on', async () => {
  const settings = { ...jwtSettings, MAX_REQUESTS_PER_MINUTE: '2', MAX_SUBSCRIPTION_COST: '20000' };
  await using gateway = await startTestGateway({ settings });
  const { database } = gateway.services;
  const [sessionId = 0] = await seed(database, { sessions: 1, userId: 'alice' });
  await seedMessages(database, sessionId, 100);
  const alice = gateway.as(await signJwt({ sub: 'alice' }));
  const id = globalId('Session', sessionId);
  const page = 'messages(last: 100) { edges { cursor node { id role status content createdAt } } }';
  const query = `subscription ($id: ID!) { sessionEvents(sessionId: $id) {
    ... on SessionUpdated { session { title a: ${page} b: ${page} c: ${page} } }
  } }`;
  const seen: { data?: unknown; errors?: unknown }[] = [];
  const leave = alice
    .client()
    .subscribe(
      { query, variables: { id } },
      { next: (event) => void seen.push(event as object), error: () => {}, complete: () => {} },
    );
  onTestFinished(leave);
  let renames = 0;
  // Each rename is by another admin, so that it takes a token from nobody else.
  const rename = async () => {
    renames += 1;
    const admin = gateway.as(await adminJwt(`admin ${renames}`));
    const mutation =
      'mutation ($id: ID!, $title: String) { updateSession(id: $id, input: { title: $title }) { id } }';
    await admin.query(mutation, { id, title: `Title ${renames}` });
  };
  const seenAfterRename = async () => {
    await rename();
    return seen.length;
  };
  await expect.poll(seenAfterRename).toBeGreaterThan(0);

  const [error] = (await alice.graphql('{ viewer { userId } }')).errors ?? [];
  expect(error?.extensions).toMatchObject({ code: 'RATE_LIMITED', limit: 'MAX_REQUESTS_PER_MINUTE' });
  const bob = gateway.as(await signJwt({ sub: 'bob' }));
  expect((await bob.graphql('{ viewer { userId } }')).errors).toBeUndefined();
  expect(seen[0]).toMatchObject({ data: { sessionEvents: { session: { title: expect.any(String) } } } });
  expect(seen[0]?.errors).toBeUndefined();
});
