import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chatDocument } from '../support/chat.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { createWav } from '../support/wav.ts';

let gateway: TestGateway;
let sessionId = '';
beforeAll(async () => {
  gateway = await startTestGateway();
  sessionId = await gateway.createSession({ title: 'Mine' });
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** What a page may make a browser send without asking first, by how. None of these browsers tells where from. */
const bodies: Record<string, (json: string) => RequestInit> = {
  'a form that is urlencoded': (json) => ({ body: new URLSearchParams({ json, query: json }) }),
  'a form with files': (json) => {
    const form = new FormData();
    form.set('operations', json);
    form.set('map', '{}');
    form.set('file', new Blob([json]), 'a.wav');
    return { body: form };
  },
  'a form of plain text': (json) => ({ body: json, headers: { 'content-type': 'text/plain' } }),
  'plain text that has JSON in its name': (json) => ({
    body: json,
    headers: { 'content-type': 'text/plain; application/json' },
  }),
  'a body of no type': (json) => ({ body: new Blob([json]) }),
};

const mutation = 'mutation M($input: ChatInput!) { sendMessage(input: $input) { id } }';

function operation(query: string) {
  return { query, variables: { input: { sessionId, prompt: 'Spend money.', onBusy: 'ENQUEUE' } } };
}

function search(query: string): string {
  const { variables } = operation(query);
  return String(new URLSearchParams({ query, variables: JSON.stringify(variables) }));
}

/** All that a page could be after. */
async function state() {
  const { data } = await gateway.graphql(
    '{ sessions { edges { node { title messages { edges { node { id audio { url } } } } } } } }',
  );
  return data;
}

/** Sends, as any page may, and finds nothing changed. */
async function expectRefused(path: string, init: RequestInit, statuses: number[]): Promise<void> {
  const before = await state();
  const response = await fetch(gateway.url + path, init);
  await response.text();
  expect(statuses).toContain(response.status);
  expect(await state()).toEqual(before);
}

describe.each(Object.entries(bodies))('%s', (_what, request) => {
  it('is no operation for GraphQL', async () => {
    const json = JSON.stringify(operation(mutation));
    await expectRefused('/graphql', { method: 'POST', ...request(json) }, [403, 415]);
    const { headers, ...init } = request(json);
    const accept = { ...(headers as object), accept: 'text/event-stream' };
    await expectRefused('/graphql/stream', { method: 'POST', ...init, headers: accept }, [415]);
  });

  it('is no prompt, no session and no change for REST', async () => {
    const json = JSON.stringify({ prompt: 'Spend money.', title: 'Not mine' });
    for (const path of ['/sessions/', '/sessions/1/chat']) {
      await expectRefused(`/api/v1${path}`, { method: 'POST', ...request(json) }, [415, 422]);
    }
  });
});

describe('a GET, which an image, a script or a style sheet makes a browser send', () => {
  const accepts = ['*/*', 'image/avif,image/webp,*/*;q=0.8', 'text/css,*/*;q=0.1'];

  it.each(accepts)('sends no prompt where it accepts %s', async (accept) => {
    for (const path of ['/graphql', '/graphql/stream']) {
      await expectRefused(`${path}?${search(chatDocument)}`, { headers: { accept } }, [404, 406]);
    }
  });

  it.each([...accepts, 'text/event-stream', 'application/json'])(
    'changes nothing where it accepts %s',
    async (accept) => {
      for (const path of ['/graphql', '/graphql/stream']) {
        await expectRefused(`${path}?${search(mutation)}`, { headers: { accept } }, [404, 405]);
      }
    },
  );

  it('that opens a page asks for GraphiQL, which sends nothing by itself', async () => {
    const headers = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
    await expectRefused(`/graphql?${search(chatDocument)}`, { headers }, [200]);
    await expectRefused(`/graphql/stream?${search(chatDocument)}`, { headers }, [404]);
  });

  it('only reads over REST', async () => {
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

  it('of who names the event stream is a subscription like any other', async () => {
    const headers = { accept: 'text/event-stream' };
    for (const path of ['/graphql', '/graphql/stream']) {
      const response = await fetch(`${gateway.url}${path}?${search(chatDocument)}`, { headers });
      expect(await response.text()).toContain('"RunCompleted"');
    }
  });
});

describe('a POST that REST takes, be it without a body or as a form with a file,', () => {
  it.each([
    ['of another site', { 'sec-fetch-site': 'cross-site' }],
    ['of a browser that tells only the origin', { origin: 'https://mallory.example' }],
  ])('%s clears no history, cancels nothing and leaves no recording', async (_from, headers) => {
    for (const path of ['/sessions/1/clear-history', '/sessions/1/cancel']) {
      await expectRefused(`/api/v1${path}`, { method: 'POST', headers }, [403]);
    }
    const form = new FormData();
    form.set('file', new Blob([new Uint8Array(createWav({ seconds: 1 }))]), 'a.wav');
    const upload = { method: 'POST', headers, body: form };
    await expectRefused('/api/v1/sessions/messages/1/audio', upload, [403]);
  });
});
