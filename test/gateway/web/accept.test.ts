import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { chatDocument } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { connectNode, inboxDocument } from '../../support/node/node-client.ts';
import { connectionOf, registerNode } from '../../support/node/nodes.ts';

/** What takes no event stream, or none that there is. */
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
  'text/event-stream;charset="utf-8"',
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

/** Follows with the only place that there is. It may take a moment until the gateway has seen one leave. */
async function expectRoom(): Promise<void> {
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

describe.each(accepts)('a subscription of who accepts %s', (accept) => {
  test('is refused, and leaves the place of a follower free', async () => {
    for (const path of ['/graphql', '/graphql', '/graphql/stream']) {
      const response = await post({ ...following(), accept }, path);
      if (path === '/graphql') await expectNotAcceptable(response);
      else expect([404, 406]).toContain(response.status);
    }
    await expectRoom();
  });

  test('sends no prompt', async () => {
    const runs = await gateway.services.database.run.count();
    const variables = { input: { sessionId, prompt: 'Spend money.' } };
    await expectNotAcceptable(await post({ query: chatDocument, variables, accept }));
    expect((await post({ query: chatDocument, variables, accept }, '/graphql/stream')).status).toBe(404);
    expect(await gateway.services.database.run.count()).toBe(runs);
    await expectRoom();
  });

  test('connects no node, whose agent can still come', async () => {
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

describe('the place of a follower is free again', () => {
  test.each([
    undefined,
    '*/*',
    'text/*',
    'application/json, text/event-stream',
    'TEXT/Event-Stream',
    'text/event-stream; charset=UTF-8',
  ])('when one leaves who was answered for accepting %s', async (accept) => {
    const leaving = new AbortController();
    const sent = { ...following(), signal: leaving.signal };
    const response = await post({ ...sent, ...(accept !== undefined && { accept }) });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    leaving.abort();
    await expectRoom();
  });

  test('when the answer turns out to be impossible after all', async () => {
    await expectNotAcceptable(await post({ ...following(), accept: 'text/event-stream;charset=latin1' }));
    await expectRoom();
  });

  test('when one leaves without having waited for the answer', async () => {
    for (let times = 0; times < 20; times += 1) {
      const leaving = new AbortController();
      const sent = { ...following(), signal: leaving.signal };
      const asked = post({ ...sent, accept: 'text/event-stream' });
      for (let turns = 0; turns < times; turns += 1) await new Promise((resolve) => setImmediate(resolve));
      leaving.abort();
      await asked.catch(() => {});
    }
    await expectRoom();
  });
});

test.each(['*/*', 'image/avif,image/webp,*/*;q=0.8', 'text/css,*/*;q=0.1'])(
  'a subscription over GET of who accepts %s, without naming the event stream, is refused',
  async (accept) => {
    const { query, variables } = following();
    const search = new URLSearchParams({ query, variables: JSON.stringify(variables) });
    await expectNotAcceptable(await fetch(`${gateway.url}/graphql?${search}`, { headers: { accept } }));
    await expectRoom();
  },
);

test('a mutation of who accepts nothing that it could be answered with changes nothing', async () => {
  const create = 'mutation { createSession(input: {}) { id } }';
  const sessions = await gateway.services.database.session.count();
  await expectNotAcceptable(await post({ query: create, variables: {}, accept: 'image/png' }));
  expect(await gateway.services.database.session.count()).toBe(sessions);
});
