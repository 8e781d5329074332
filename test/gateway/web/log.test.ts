import { expect, test } from 'vitest';
import type { LogLine } from '../../support/gateway/captured-log.ts';
import { chat, collect, follow, until } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { jwtSettings, signJwt } from '../../support/gateway/jwt.ts';
import { startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { createGate, status, text } from '../../support/model/turn.ts';
import { startNode } from '../../support/node/nodes.ts';

/** Waits for the lines about requests: the gateway logs a request after the client has the whole response. */
async function requestsLogged({ lines }: TestGateway, count: number) {
  const requests = () => lines.filter(({ msg }) => msg === 'request');
  await expect.poll(() => requests().length).toBe(count);
  return requests();
}

test('every line about a run names the run, and every line about a request names the request', async () => {
  await using gateway = await startScriptedGateway({ settings: { LOG_LEVEL: 'info' } });
  const message =
    'Your account is not active, see https://pay.example/x. You said: Hello again, my dear diary!';
  gateway.model.script([text('Hi')], [status(403, { error: { message } })]);
  const sessionId = await gateway.createSession();
  const headers = { 'x-request-id': 'alice-1' };
  for (const prompt of ['Hello', 'Hello again, my dear diary']) {
    await collect(chat(gateway.client({ headers }), { sessionId, prompt }));
  }
  await requestsLogged(gateway, 3);
  expect(await gateway.logged('run failed')).toMatchObject({
    ...{ level: 40, provider: 'openai-compatible', model: 'scripted', code: 'PROVIDER_UNAUTHORIZED' },
    reason: expect.stringMatching(/: Your account is not active, see \[…\] You said: \[…\]!$/),
  });
  expect(gateway.lines.filter(({ msg }) => msg === 'run failed')).toHaveLength(1);
  const lines = gateway.lines.filter(({ msg }) => /^run |request/.test(msg));
  const facts = lines.map(({ msg, path, httpRequestId, runId, sessionId }) => ({
    ...{ msg, path, runId, sessionId },
    httpRequestId: String(httpRequestId).replace(/^[\da-f-]{36}$/, 'generated'),
  }));
  expect(facts).toMatchInlineSnapshot(`
    [
      {
        "httpRequestId": "generated",
        "msg": "request",
        "path": "/graphql",
        "runId": undefined,
        "sessionId": undefined,
      },
      {
        "httpRequestId": "alice-1",
        "msg": "run ended",
        "path": undefined,
        "runId": 1,
        "sessionId": 1,
      },
      {
        "httpRequestId": "alice-1",
        "msg": "request",
        "path": "/graphql/stream",
        "runId": undefined,
        "sessionId": undefined,
      },
      {
        "httpRequestId": "alice-1",
        "msg": "run failed",
        "path": undefined,
        "runId": 2,
        "sessionId": 1,
      },
      {
        "httpRequestId": "alice-1",
        "msg": "request",
        "path": "/graphql/stream",
        "runId": undefined,
        "sessionId": undefined,
      },
    ]
  `);
});

test('the access log has the status of every response, whichever part of the gateway wrote it', async () => {
  await using gateway = await startTestGateway({ settings: { LOG_LEVEL: 'info' } });
  const json = { 'content-type': 'application/json' };
  for (const path of ['/graphql', '/graphql/stream', '/api/v1/sessions/7/chat', '/api/v1/nothing']) {
    await (await fetch(`${gateway.url}${path}`, { method: 'POST', headers: json, body: '{}' })).text();
  }
  const requests = await requestsLogged(gateway, 4);
  expect(requests.map(({ path, status }) => `${path} ${status}`)).toEqual([
    '/graphql 400',
    '/graphql/stream 404',
    '/api/v1/sessions/7/chat 422',
    '/api/v1/nothing 404',
  ]);
});

test('the access log has each path as it was sent, at most 1,000 characters of it', async () => {
  await using gateway = await startTestGateway({ settings: { LOG_LEVEL: 'info' } });
  for (const path of ['/a%0a%1b%5b31mforged', `/${'b'.repeat(5_000)}`, '/docs?user_id=secret']) {
    await (await fetch(`${gateway.url}${path}`)).text();
  }
  const requests = await requestsLogged(gateway, 3);
  expect(requests.map(({ path }) => path)).toEqual(['/a%0a%1b%5b31mforged', `/${'b'.repeat(999)}…`, '/docs']);
});

/** The line without what differs from run to run. */
function factsOf({ level, time, ms, httpRequestId, msg, ...facts }: LogLine) {
  expect([typeof ms, typeof httpRequestId]).toEqual(['number', 'string']);
  return facts;
}

test('the access log says what was asked, by whom, with which errors, and why a stream ended', async () => {
  await using gateway = await startScriptedGateway({ settings: { ...jwtSettings, LOG_LEVEL: 'debug' } });
  const { url, lines } = gateway;
  const token = await signJwt({ sub: 'alice' });
  const alice = gateway.as(token);
  const seen = new Set<LogLine>();
  const next = async (msg = 'request') => {
    const fresh = () => lines.find((line) => line.msg === msg && !seen.has(line));
    await expect.poll(fresh).toBeDefined();
    const line = fresh();
    if (!line) throw new Error('There is no such line.');
    seen.add(line);
    return { ...factsOf(line), isDebug: line['level'] === 20 };
  };
  const at = { method: 'POST', status: 200, userId: 'alice', isDebug: false };

  const sessionId = await alice.createSession();
  const graphql = { ...at, path: '/graphql', operationType: 'mutation', rootFields: ['createSession'] };
  expect(await next()).toEqual(graphql);

  await alice.graphql(
    `query ${'Long'.repeat(50)}($id: ID!) { ...A } fragment A on Query { session(id: $id) { id } run(id: "nonsense") { id } }`,
    { id: sessionId },
  );
  expect(await next()).toEqual({
    ...{ ...at, path: '/graphql', operationType: 'query', operationName: 'Long'.repeat(25) },
    ...{ rootFields: ['session', 'run'], errorCodes: ['BAD_USER_INPUT'] },
  });
  await alice.graphql('query Wrong { pomegranate }');
  expect(await next()).toEqual({
    ...{ ...at, path: '/graphql', operationType: 'query', operationName: 'Wrong' },
    errorCodes: ['GRAPHQL_VALIDATION_FAILED'],
  });
  await gateway.as('wrong').graphql('{ __typename }');
  expect(await next()).toEqual({
    method: 'POST',
    path: '/graphql',
    status: 401,
    isDebug: false,
    errorCodes: ['UNAUTHENTICATED'],
  });
  await fetch(`${url}/graphql`, { headers: { origin: 'https://mallory.example' } });
  expect(await next()).toEqual({
    method: 'GET',
    path: '/graphql',
    status: 403,
    isDebug: false,
    errorCodes: ['FORBIDDEN'],
  });

  // A stream whose run ends, and one whose client leaves.
  const gate = createGate();
  gateway.model.script([text('Hi')], [text('Once '), gate]);
  await collect(chat(alice.client(), { sessionId, prompt: 'A secret.' }));
  const subscription = { ...at, path: '/graphql/stream', operationType: 'subscription' };
  const asked = { ...subscription, operationName: 'Chat', rootFields: ['chat'] };
  expect(await next()).toEqual({ ...asked, ended: 'complete' });
  const left = await until(chat(alice.client(), { sessionId, prompt: 'A secret.' }), 'TextDelta');
  expect(await next()).toEqual({ ...asked, ended: 'the client left' });

  // The same over one connection: the operation has a line of its own.
  const single = alice.client({ singleConnection: true });
  await until(follow(single, left.at(-1)?.runId ?? ''), 'TextDelta');
  const followed = {
    userId: 'alice',
    operationType: 'subscription',
    operationName: 'RunEvents',
    rootFields: ['runEvents'],
  };
  expect(await next('operation ended')).toEqual({
    ...followed,
    ended: 'stopped by the client',
    isDebug: false,
  });
  single.dispose();
  gate.release();

  // REST.
  const headers = { authorization: `Bearer ${token}` };
  for (const path of ['1?secret=1', '99'])
    await (await fetch(`${url}/api/v1/sessions/${path}`, { headers })).text();
  const rest = () => lines.filter(({ path }) => String(path).startsWith('/api')).map((line) => factsOf(line));
  await expect.poll(() => rest().length).toBe(2);
  const read = { method: 'GET', userId: 'alice', operationId: 'get_session' };
  expect(rest()).toEqual([
    { ...read, path: '/api/v1/sessions/1', status: 200 },
    { ...read, path: '/api/v1/sessions/99', status: 404 },
  ]);

  // Routine.
  await using laptop = await startNode({ ...alice, url }, 'laptop');
  await laptop.beat([]);
  expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok' });
  const routine = () =>
    lines.filter((line) => line['level'] === 20 && line.msg === 'request').map((line) => factsOf(line));
  await expect.poll(routine).toEqual([
    {
      method: 'POST',
      path: '/graphql',
      status: 200,
      userId: 'alice',
      nodeId: 'laptop',
      operationType: 'mutation',
      rootFields: ['nodeHeartbeat'],
    },
    { method: 'GET', path: '/health', status: 200 },
  ]);
  expect(JSON.stringify(lines)).not.toMatch(/secret|eyJ/);
});
