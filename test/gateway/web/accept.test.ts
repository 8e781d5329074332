import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { chatDocument } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { sendRaw } from '../../support/http/raw-http.ts';
import { connectNode, inboxDocument } from '../../support/node/node-client.ts';
import { connectionOf, registerNode } from '../../support/node/nodes.ts';

/** Values of `Accept` that allow no event stream in UTF-8. */
const accepts = [
  'application/json',
  'application/graphql-response+json',
  'application/json, multipart/mixed;deferSpec=20220824',
  'multipart/mixed',
  'text/html',
  'image/png',
  'text/event-stream;q=0',
  'text/event-stream;q=0, */*',
  'text/event-stream;q=0.0, application/json',
  'text/event-stream;charset=latin1',
  'text/event-stream;charset="latin1"',
];

let gateway: TestGateway;
let sessionId = '';
let nodeToken = '';
beforeAll(async () => {
  gateway = await startTestGateway({ settings: { MAX_FOLLOWERS_PER_USER: '1', MAX_NODE_CONNECTIONS: '1' } });
  nodeToken = await registerNode(gateway, 'laptop');
});
beforeEach(async () => {
  sessionId = await gateway.createSession();
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Sent {
  query: string;
  variables: object;
  accept?: string;
  token?: string;
  signal?: AbortSignal;
}

function post({ query, variables, accept, token, signal }: Sent, path = '/graphql'): Promise<Response> {
  return fetch(gateway.url + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(accept !== undefined && { accept }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
    signal: signal ?? null,
  });
}

async function expectNotAcceptable(response: Response): Promise<void> {
  expect(response.status).toBe(406);
  expect(response.headers.get('content-type')).toMatch(/^application\/(graphql-response\+)?json/);
  const { errors } = await response.json();
  expect(errors).toEqual([
    {
      message: expect.stringContaining('Accept: text/event-stream'),
      extensions: { code: 'NOT_ACCEPTABLE' },
    },
  ]);
}

/** Follows in the only slot for a follower. The gateway may need a moment to notice that the last one has left. */
async function expectFreeSlot(): Promise<void> {
  const again = async () => {
    const leaving = new AbortController();
    const response = await post({ ...following(), accept: 'text/event-stream', signal: leaving.signal });
    leaving.abort();
    return response.status;
  };
  await expect.poll(again).toBe(200);
}

function following() {
  return {
    query: 'subscription ($id: ID!) { sessionEvents(sessionId: $id) { __typename } }',
    variables: { id: sessionId },
  };
}

describe.each(accepts)('with Accept: %s', (accept) => {
  test(`a subscription with Accept: ${accept} is refused and takes no slot of a follower`, async () => {
    for (const path of ['/graphql', '/graphql', '/graphql/stream']) {
      const response = await post({ ...following(), accept }, path);
      if (path === '/graphql') await expectNotAcceptable(response);
      else expect([404, 406]).toContain(response.status);
    }
    await expectFreeSlot();
  });

  test(`a chat with Accept: ${accept} is refused and sends no prompt`, async () => {
    const runs = await gateway.services.database.run.count();
    const variables = { input: { sessionId, prompt: 'Spend money.' } };
    await expectNotAcceptable(await post({ query: chatDocument, variables, accept }));
    expect((await post({ query: chatDocument, variables, accept }, '/graphql/stream')).status).toBe(404);
    expect(await gateway.services.database.run.count()).toBe(runs);
    await expectFreeSlot();
  });

  test(`an inbox with Accept: ${accept} is refused, and the agent of its node can still connect`, async () => {
    const input = { capabilities: [], maxDispatches: 1, instanceId: 'a', running: [] };
    const variables = { input: { ...input, agentVersion: 'test', platform: 'test' } };
    await expectNotAcceptable(await post({ query: inboxDocument, variables, accept, token: nodeToken }));
    expect(await connectionOf(gateway, 'laptop')).toBe('OFFLINE');
    await using laptop = connectNode(gateway.url, nodeToken);
    await laptop.next('InboxOpened');
    laptop.leave();
    await expect.poll(() => connectionOf(gateway, 'laptop')).toBe('OFFLINE');
  });
});

describe('the slot of a follower', () => {
  test.each([
    undefined,
    '*/*',
    'text/*',
    'application/json, text/event-stream',
    'TEXT/Event-Stream',
    'text/event-stream; charset=UTF-8',
  ])('the slot of a follower is free again after a client with Accept: %s has left', async (accept) => {
    const leaving = new AbortController();
    const sent = { ...following(), signal: leaving.signal };
    const response = await post({ ...sent, ...(accept !== undefined && { accept }) });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    leaving.abort();
    await expectFreeSlot();
  });

  test('the slot of a follower is free after a subscription with an unknown charset was refused', async () => {
    await expectNotAcceptable(await post({ ...following(), accept: 'text/event-stream;charset=latin1' }));
    await expectFreeSlot();
  });

  test('the slot of a follower is free again after a client has left before the response', async () => {
    for (let times = 0; times < 20; times += 1) {
      const leaving = new AbortController();
      const sent = { ...following(), signal: leaving.signal };
      const asked = post({ ...sent, accept: 'text/event-stream' });
      for (let loops = 0; loops < times; loops += 1) await new Promise((resolve) => setImmediate(resolve));
      leaving.abort();
      await asked.catch(() => {});
    }
    await expectFreeSlot();
  });
});

test.each(['*/*', 'image/avif,image/webp,*/*;q=0.8', 'text/css,*/*;q=0.1'])(
  'a subscription over GET with Accept: %s is refused, because a wildcard does not name the event stream',
  async (accept) => {
    const { query, variables } = following();
    const search = new URLSearchParams({ query, variables: JSON.stringify(variables) });
    await expectNotAcceptable(await fetch(`${gateway.url}/graphql?${search}`, { headers: { accept } }));
    await expectFreeSlot();
  },
);

test('a mutation whose Accept allows no format of the result changes nothing', async () => {
  const create = 'mutation { createSession(input: {}) { id } }';
  const sessions = await gateway.services.database.session.count();
  await expectNotAcceptable(await post({ query: create, variables: {}, accept: 'image/png' }));
  expect(await gateway.services.database.session.count()).toBe(sessions);
});

describe('a query', () => {
  const get = (accept: string, path = '/graphql?query={__typename}', method = 'GET') =>
    fetch(gateway.url + path, { method, headers: { accept } });

  test.each([
    ['text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2', 'application/json'],
    ['*', 'application/json'],
    ['application/json, text/html;q=0.1', 'application/json'],
    ['application/json, text/html;q=0', 'application/json'],
    ['application/vnd.text/htmlish+json, application/json', 'application/json'],
    ['application/json; charset="utf-8"', 'application/json'],
    ['application/json;charset=utf8', 'application/json'],
    ['application/json;q=0.5, application/graphql-response+json', 'application/graphql-response+json'],
    ['application/graphql-response+json;q=0.5, application/json', 'application/json'],
    ['application/json;q=0.5, text/event-stream', 'text/event-stream'],
    ['application/json, text/event-stream', 'application/json'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'text/html'],
  ])('a query with Accept: %s is answered with %s', async (accept, expected) => {
    const response = await get(accept);
    await response.body?.cancel();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')?.split(';')[0]).toBe(expected);
    expect(response.headers.get('vary')).toMatch(/\bAccept\b(?!-)/);
  });

  test.each([
    ['a variable of the wrong type', { a: {} }],
    ['no variable', {}],
  ])(
    'a query with %s is answered 400 as GraphQL over HTTP asks, and 200 as application/json',
    async (_what, variables) => {
      const query = 'query ($a: ID!) { session(id: $a) { id } }';
      const statusFor = async (accept: string) => (await post({ query, variables, accept })).status;
      expect(await statusFor('application/graphql-response+json')).toBe(400);
      expect(await statusFor('application/json')).toBe(200);
    },
  );

  test.each([
    ['/graphql?query={__typename}', 'application/json'],
    ['/graphql', 'text/html'],
    ['/health/live', '*/*'],
    ['/api/v1/sessions/', '*/*'],
    ['/api/v1/sessions/99', '*/*'],
    ['/docs', '*/*'],
  ])('HEAD %s with Accept: %s has the headers of GET and no body', async (path, accept) => {
    const [head, whole] = [await get(accept, path, 'HEAD'), await get(accept, path)];
    await whole.body?.cancel();
    expect(await head.text()).toBe('');
    expect(head.status).toBe(whole.status);
    for (const name of ['content-type', 'etag', 'vary', 'cache-control']) {
      expect([name, head.headers.get(name)]).toEqual([name, whole.headers.get(name)]);
    }
  });

  test('HEAD of a subscription ends at once and takes no slot of a follower', async () => {
    const search = new URLSearchParams({ ...following(), variables: JSON.stringify({ id: sessionId }) });
    for (const path of ['/graphql', '/graphql/stream']) {
      const response = await get('text/event-stream', `${path}?${search}`, 'HEAD');
      expect([response.status, await response.text()]).toEqual([200, '']);
    }
    await expectFreeSlot();
  });

  test.each(['/graphql', '/graphql/stream'])('a stream of %s closes a connection as asked', async (path) => {
    const body = JSON.stringify({ query: '{ __typename }' });
    const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: text/event-stream`;
    const type = `Content-Type: application/json\r\nContent-Length: ${body.length}`;
    const answer = await sendRaw(gateway.url, `${head}\r\n${type}\r\n\r\n${body}`);
    expect(answer).toMatch(/^connection: close\r$/im);
    expect(answer).toContain('event: complete');
  });
});
