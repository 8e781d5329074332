import { expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { status, text } from '../../support/model/turn.ts';

/** Waits for the lines about requests: the gateway logs a request after the client has the whole response. */
async function requestsLogged({ lines }: TestGateway, count: number) {
  const requests = () => lines.filter(({ msg }) => msg === 'request');
  await expect.poll(() => requests().length).toBe(count);
  return requests();
}

test('every line about a run names the run, and every line about a request names the request', async () => {
  await using gateway = await startScriptedGateway({ settings: { LOG_LEVEL: 'info' } });
  gateway.model.script([text('Hi')], [status(401)]);
  const sessionId = await gateway.createSession();
  const headers = { 'x-request-id': 'alice-1' };
  for (const prompt of ['Hello', 'Hello again']) {
    await collect(chat(gateway.client({ headers }), { sessionId, prompt }));
  }
  await requestsLogged(gateway, 3);
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
