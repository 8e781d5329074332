import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { createRestClient, type RestClient } from '../../support/http/rest-client.ts';
import { createRestCurl, type RestCurl } from '../../support/http/rest-curl.ts';

let gateway: TestGateway;
let rest: RestClient;
let commands: RestCurl;

beforeAll(async () => {
  gateway = await startTestGateway();
  rest = await createRestClient(gateway);
  commands = createRestCurl(gateway.url, rest);
});
afterAll(() => gateway[Symbol.asyncDispose]());

describe('the curl commands of the legacy documentation', () => {
  test('the documented curl commands create, use, change, clear and delete a session', async () => {
    const created = await commands.curlJson('POST', '/sessions/', '{}');
    expect(created).toMatchObject({
      status: 200,
      answer: { id: 1, user_id: 'anonymous', title: null, feature_name: 'default' },
    });

    const refused = await commands.curlJson('POST', '/sessions/1/chat', '{}');
    expect(refused).toEqual({
      status: 422,
      answer: { detail: [{ type: 'missing', loc: ['body', 'prompt'], msg: 'Field required', input: {} }] },
    });

    const chat = await commands.curl('POST', '/sessions/1/chat', '{"prompt":"What is 12 * 7?"}');
    const frames = rest.framesIn(chat.text);
    const finish = frames.at(-1)?.data;
    expect(finish).toMatchObject({ type: 'finish', message_id: 2, provider: 'demo' });
    expect(finish.full_answer).toContain('84');

    const messages = await commands.curlJson('GET', '/sessions/1/messages');
    expect(messages.answer.messages).toMatchObject([
      { id: 1, sender: 'user', content: 'What is 12 * 7?', status: 'complete' },
      { id: 2, sender: 'assistant', content: finish.full_answer, status: 'complete' },
    ]);

    const tokens = await commands.curlJson('GET', '/sessions/1/tokens');
    expect(tokens.answer.total_tokens).toBe(finish.usage.total_tokens);
    expect(tokens.answer.token_count).toBeGreaterThan(0);

    const cancelled = await commands.curlJson('POST', '/sessions/1/cancel');
    expect(cancelled).toMatchObject({
      status: 200,
      answer: { cancelled: false, session_id: 1, run_id: null },
    });

    const unchanged = await commands.curlJson('PATCH', '/sessions/1', '{}');
    expect(unchanged.answer).toMatchObject({ id: 1, title: null });
    await commands.curlJson('PATCH', '/sessions/1', '{"title":"Sums"}');
    const session = await commands.curlJson('GET', '/sessions/1');
    expect(session.answer).toMatchObject({ id: 1, title: 'Sums' });

    const cleared = await commands.curlJson('POST', '/sessions/1/clear-history');
    expect(cleared).toMatchObject({ status: 200, answer: { session_id: 1 } });
    expect((await commands.curlJson('GET', '/sessions/1/messages')).answer.messages).toEqual([]);
    const usedBefore = (await commands.curlJson('GET', '/sessions/1/tokens')).answer;
    expect(usedBefore).toMatchObject({ token_count: 0, total_tokens: finish.usage.total_tokens });

    const deleted = await commands.curlJson('DELETE', '/sessions/1');
    expect(deleted).toMatchObject({ status: 200, answer: { session_id: 1 } });
    expect((await commands.curlJson('GET', '/sessions/1')).status).toBe(404);
    expect((await commands.curlJson('DELETE', '/sessions/1')).status).toBe(404);
  });

  test('the documented curl commands list and delete the sessions of one feature of one user', async () => {
    for (const [user_id, feature_name] of [
      ['alice', 'notes'],
      ['alice', 'mail'],
      ['alice', 'notes'],
      ['bob', 'notes'],
    ]) {
      await commands.curlJson('POST', '/sessions/', JSON.stringify({ user_id, feature_name }));
    }
    const list = async (query: string) => {
      const { answer } = await commands.curlJson('GET', `/sessions/?${query}`);
      return answer.map((session: { id: number }) => session.id);
    };
    const [newest, mail, oldest] = await list('user_id=alice');
    expect(await list('user_id=alice&feature_name=notes')).toEqual([newest, oldest]);

    const deleted = await commands.curlJson('DELETE', '/sessions/?user_id=alice&feature_name=notes');

    expect(deleted).toMatchObject({ status: 200, answer: { deleted_sessions: 2 } });
    expect(await list('user_id=alice')).toEqual([mail]);
    expect(await list('user_id=bob')).toHaveLength(1);
  });
});

describe('the REST API', () => {
  test('a list that is longer than a page of GraphQL is returned whole', async () => {
    const ids: number[] = [];
    for (let index = 0; index < 103; index += 1) {
      const { json: session } = await rest.call('POST', '/sessions', { user_id: 'carol' });
      ids.unshift(session.id);
    }
    const { json: sessions } = await rest.call('GET', '/sessions?user_id=carol');
    expect(sessions.map(({ id }: { id: number }) => id)).toEqual(ids);
  });

  test('every path works with and without a slash at its end, and HEAD wherever GET does', async () => {
    const { json: session } = await rest.call('POST', '/sessions', { user_id: 'dave' });
    for (const path of ['', '/messages', '/tokens', '/chat']) {
      for (const slash of ['', '/']) {
        const target = `/sessions/${session.id}${path}${slash}`;
        const got = await gateway.rest(target);
        const head = await gateway.rest(target, { method: 'HEAD' });
        expect([got.status, head.status, await head.text()]).toEqual(
          path === '/chat' ? [204, 204, ''] : [200, 200, ''],
        );
        await got.text();
      }
    }
    expect((await gateway.rest('/sessions/?user_id=dave', { method: 'HEAD' })).status).toBe(200);
  });

  test.each([
    ['/sessions/', 'POST, GET, HEAD, DELETE', ['PUT', 'PATCH', 'OPTIONS']],
    ['/sessions/1', 'GET, HEAD, PATCH, DELETE', ['PUT', 'POST']],
    ['/sessions/1/chat', 'POST, GET, HEAD', ['PUT', 'DELETE']],
    ['/sessions/1/messages', 'GET, HEAD', ['POST', 'DELETE']],
    ['/sessions/1/tokens', 'GET, HEAD', ['POST']],
    ['/sessions/1/clear-history', 'POST', ['GET', 'DELETE']],
    ['/sessions/1/cancel', 'POST', ['GET', 'HEAD']],
    ['/openapi.json', 'GET, HEAD', ['POST']],
  ])('an unknown method on %s gets 405 with the allowed methods %s', async (path, allowed, methods) => {
    for (const method of methods) {
      const response = await gateway.rest(path, { method });
      expect([response.status, response.headers.get('allow')]).toEqual([405, allowed]);
      await response.text();
    }
  });

  test.each([
    ['GET', '/sessions/4242', undefined],
    ['PATCH', '/sessions/4242', {}],
    ['DELETE', '/sessions/4242', undefined],
    ['GET', '/sessions/4242/messages', undefined],
    ['GET', '/sessions/4242/tokens', undefined],
    ['GET', '/sessions/4242/chat', undefined],
    ['POST', '/sessions/4242/chat', { prompt: 'Hello' }],
    ['POST', '/sessions/4242/cancel', undefined],
    ['POST', '/sessions/4242/clear-history', undefined],
  ])('%s %s gets 404 because the session does not exist', async (method, path, body) => {
    const { status, json: answer } = await rest.call(method, path, body);
    expect(status).toBe(404);
    expect(answer).toEqual({ detail: expect.any(String) });
  });
});
