import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWav } from '../../support/files/wav.ts';
import { chatDocument, runEventsDocument } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';

let gateway: TestGateway;
let sessionId = '';
beforeAll(async () => {
  gateway = await startTestGateway();
  sessionId = await gateway.createSession({ title: 'Mine' });
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** Bodies that a page can make a browser send without a preflight. These browsers do not name the page. */
const bodies: Record<string, (json: string) => RequestInit> = {
  'an urlencoded form': (json) => ({ body: new URLSearchParams({ json, query: json }) }),
  'a multipart form': (json) => {
    const form = new FormData();
    form.set('operations', json);
    form.set('map', '{}');
    form.set('file', new Blob([json]), 'a.wav');
    return { body: form };
  },
  'a body of plain text': (json) => ({ body: json, headers: { 'content-type': 'text/plain' } }),
  'plain text with a parameter named JSON': (json) => ({
    body: json,
    headers: { 'content-type': 'text/plain; application/json' },
  }),
  'a body without a type': (json) => ({ body: new Blob([json]) }),
};

const mutation = 'mutation M($input: ChatInput!) { sendMessage(input: $input) { id } }';

function operation(query: string) {
  return { query, variables: { input: { sessionId, prompt: 'Spend money.', onBusy: 'ENQUEUE' } } };
}

function search(query: string): string {
  const { variables } = operation(query);
  return String(new URLSearchParams({ query, variables: JSON.stringify(variables) }));
}

/** Everything that a page could want to change. */
async function state() {
  const { data } = await gateway.graphql(
    '{ sessions { edges { node { title messages { edges { node { id audio { url } } } } } } } }',
  );
  return data;
}

/** Sends a request as a page could, and checks that nothing has changed. */
async function expectRefused(path: string, init: RequestInit, statuses: number[]): Promise<void> {
  const before = await state();
  const response = await fetch(gateway.url + path, init);
  await response.text();
  expect(statuses).toContain(response.status);
  expect(await state()).toEqual(before);
}

describe.each(Object.entries(bodies))('%s', (what, request) => {
  test(`${what} is not accepted as a GraphQL operation`, async () => {
    const json = JSON.stringify(operation(mutation));
    await expectRefused('/graphql', { method: 'POST', ...request(json) }, [403, 415]);
    const { headers, ...init } = request(json);
    const accept = { ...(headers as object), accept: 'text/event-stream' };
    await expectRefused('/graphql/stream', { method: 'POST', ...init, headers: accept }, [415]);
  });

  test(`${what} sends no prompt and creates no session over REST`, async () => {
    const json = JSON.stringify({ prompt: 'Spend money.', title: 'Not mine' });
    for (const path of ['/sessions/', '/sessions/1/chat']) {
      await expectRefused(`/api/v1${path}`, { method: 'POST', ...request(json) }, [415, 422]);
    }
  });
});

describe('a GET, which an image, a script or a style sheet makes a browser send', () => {
  const accepts = ['*/*', 'image/avif,image/webp,*/*;q=0.8', 'text/css,*/*;q=0.1'];

  test.each(accepts)('a GET with Accept: %s sends no prompt', async (accept) => {
    for (const path of ['/graphql', '/graphql/stream']) {
      await expectRefused(`${path}?${search(chatDocument)}`, { headers: { accept } }, [404, 405]);
    }
  });

  test.each([...accepts, 'text/event-stream', 'application/json'])(
    'a GET of a mutation with Accept: %s changes nothing',
    async (accept) => {
      for (const path of ['/graphql', '/graphql/stream']) {
        await expectRefused(`${path}?${search(mutation)}`, { headers: { accept } }, [404, 405]);
      }
    },
  );

  test('a GET that opens a page gets GraphiQL, which sends nothing by itself', async () => {
    const headers = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
    await expectRefused(`/graphql?${search(chatDocument)}`, { headers }, [200]);
    await expectRefused(`/graphql/stream?${search(chatDocument)}`, { headers }, [404]);
  });

  test('a GET over REST changes nothing', async () => {
    for (const path of [
      '/sessions/?user_id=anonymous&feature_name=default',
      '/sessions/1',
      '/sessions/1/chat',
      '/sessions/1/messages',
    ]) {
      await expectRefused(`/api/v1${path}`, {}, [200, 204]);
    }
    for (const path of ['/sessions/1/clear-history', '/sessions/1/cancel']) {
      await expectRefused(`/api/v1${path}`, {}, [405]);
    }
  });

  test('a GET that names the event stream may follow a run', async () => {
    await gateway.send({ sessionId, prompt: 'Hi', onBusy: 'ENQUEUE' });
    const headers = { accept: 'text/event-stream' };
    const search = new URLSearchParams({ query: runEventsDocument, variables: '{"runId":"UnVuOjE="}' });
    for (const path of ['/graphql', '/graphql/stream']) {
      const response = await fetch(`${gateway.url}${path}?${search}`, { headers });
      expect(await response.text()).toContain('"RunCompleted"');
    }
  });
});

describe('a GET that names the event stream, from a page that hides its origin', () => {
  const field = 'chat(input: $input) { __typename }';
  const documents: Record<string, string> = {
    'the field': `subscription ($input: ChatInput!) { ${field} }`,
    'an alias': `subscription ($input: ChatInput!) { runEvents: ${field} }`,
    'an inline fragment': `subscription ($input: ChatInput!) { ... { ... on Subscription { ${field} } } }`,
    'fragments within each other': `subscription ($input: ChatInput!) { ...A }
      fragment A on Subscription { ...B } fragment B on Subscription { a: ${field} }`,
  };

  async function expectPostOnly(path: string, search: Record<string, string>, headers = {}): Promise<void> {
    const before = await state();
    const { variables } = operation('');
    const all = new URLSearchParams({ ...search, variables: JSON.stringify(variables) });
    const response = await fetch(`${gateway.url}${path}?${all}`, {
      headers: { accept: 'text/event-stream', ...headers },
    });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    expect(await response.text()).toContain('METHOD_NOT_ALLOWED');
    expect(await state()).toEqual(before);
  }

  test.each(Object.entries(documents))(
    'a GET that names the event stream sends no prompt by %s',
    async (_what, query) => {
      for (const path of ['/graphql', '/graphql/stream']) await expectPostOnly(path, { query });
    },
  );

  test('a GET that names one of several operations sends no prompt by it', async () => {
    const query = `subscription Read { runEvents(runId: "UnVuOjE=") { __typename } }
      subscription Send($input: ChatInput!) { ${field} }`;
    for (const path of ['/graphql', '/graphql/stream']) {
      await expectPostOnly(path, { query, operationName: 'Send' });
      const search = new URLSearchParams({ query, operationName: 'Read' });
      const headers = { accept: 'text/event-stream' };
      const response = await fetch(`${gateway.url}${path}?${search}`, { headers });
      expect(await response.text()).toContain('"RunCompleted"');
    }
  });

  test('a GET that names a reserved stream sends no prompt to it', async () => {
    const token = await (await fetch(`${gateway.url}/graphql/stream`, { method: 'PUT' })).text();
    const headers = { accept: 'application/json', 'x-graphql-event-stream-token': token };
    const extensions = '{"operationId":"1"}';
    await expectPostOnly('/graphql/stream', { query: String(documents['the field']), extensions }, headers);
  });
});

describe('a POST that REST accepts without a preflight', () => {
  test.each([
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }],
    ['a page in a browser that sends only the origin', { origin: 'https://mallory.example' }],
  ])('%s cannot clear a history, cancel a run or upload a recording over REST', async (_from, headers) => {
    for (const path of ['/sessions/1/clear-history', '/sessions/1/cancel']) {
      await expectRefused(`/api/v1${path}`, { method: 'POST', headers }, [403]);
    }
    const form = new FormData();
    form.set('file', new Blob([new Uint8Array(createWav({ seconds: 1 }))]), 'a.wav');
    const upload = { method: 'POST', headers, body: form };
    await expectRefused('/api/v1/sessions/messages/1/audio', upload, [403]);
  });
});
