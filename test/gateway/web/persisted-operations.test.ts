import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTemporaryFolder, type TemporaryFolder } from '../../support/files/temporary-folder.ts';
import { chatDocument } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { createRestClient } from '../../support/http/rest-client.ts';

const create = 'mutation Create { createSession(input: { title: "Listed" }) { id title } }';
const read = 'query Read { sessions { edges { node { title } } } }';
const upload = 'mutation Upload($m: ID!, $f: Upload!) { uploadMessageAudio(messageId: $m, file: $f) { id } }';

function hashOf(document: string): string {
  return createHash('sha256').update(document).digest('hex');
}

function byHash(document: string) {
  return { extensions: { persistedQuery: { version: 1, sha256Hash: hashOf(document) } } };
}

describe('with PERSISTED_OPERATIONS', () => {
  let folder: TemporaryFolder;
  let gateway: TestGateway;
  beforeAll(async () => {
    folder = await openTemporaryFolder();
    const file = join(folder.path, 'operations.json');
    const documents = [create, read, chatDocument];
    await writeFile(file, JSON.stringify(Object.fromEntries(documents.map((text) => [hashOf(text), text]))));
    gateway = await startTestGateway({ settings: { PERSISTED_OPERATIONS: file } });
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  function post(path: string, body: object, accept = 'application/json'): Promise<Response> {
    const headers = { 'content-type': 'application/json', accept };
    return fetch(gateway.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  test('a listed document is found by its hash, over POST and GET', async () => {
    const created = await post('/graphql', byHash(create));
    expect(await created.json()).toMatchObject({ data: { createSession: { title: 'Listed' } } });

    const search = new URLSearchParams({ extensions: JSON.stringify(byHash(read).extensions) });
    const found = await fetch(`${gateway.url}/graphql?${search}`, {
      headers: { accept: 'application/json' },
    });
    expect((await found.json()).data.sessions.edges[0]).toEqual({ node: { title: 'Listed' } });
  });

  test('a listed chat is found by its hash, in both modes of graphql-sse', async () => {
    const { id } = (await (await post('/graphql', byHash(create))).json()).data.createSession;
    const variables = { input: { sessionId: id, prompt: 'Hi' } };
    for (const singleConnection of [false, true]) {
      const client = gateway.client({ singleConnection } as object);
      const names: unknown[] = [];
      for await (const { data } of client.iterate({ query: '', ...byHash(chatDocument), variables })) {
        names.push((data as { chat: { __typename: string } }).chat.__typename);
      }
      expect(names.at(-1)).toBe('RunCompleted');
      client.dispose();
    }
  });

  test('a listed document may be sent in full', async () => {
    expect(await gateway.query(read)).toHaveProperty('sessions');
  });

  const others: Record<string, object> = {
    'a document that is not listed': { query: '{ viewer { userId } }' },
    'a listed document with one more blank': { query: `${read} ` },
    'another document with a listed hash': { query: '{ viewer { userId } }', ...byHash(read) },
    'a hash that is not listed': byHash('{ viewer { userId } }'),
    'a hash of __proto__': {
      extensions: { persistedQuery: { version: 1, sha256Hash: '__proto__' } },
    },
    'a request without document and hash': {},
  };

  test.each(Object.entries(others))('%s is refused', async (_what, body) => {
    for (const [path, accept] of [
      ['/graphql', 'application/json'],
      ['/graphql/stream', 'text/event-stream'],
    ] as const) {
      const response = await post(path, body, accept);
      expect(response.status).toBe(400);
      expect((await response.json()).errors).toEqual([
        {
          message: 'This gateway accepts only documents that are on its list of persisted operations.',
          extensions: { code: 'OPERATION_NOT_PERSISTED' },
        },
      ]);
    }
  });

  test('an upload that is not listed is refused', async () => {
    const form = new FormData();
    form.set('operations', JSON.stringify({ query: upload, variables: { m: 'x', f: null } }));
    form.set('map', JSON.stringify({ 0: ['variables.f'] }));
    form.set('0', new Blob(['RIFF']), 'a.wav');
    const headers = { 'apollo-require-preflight': '1' };
    const response = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body: form });
    expect((await response.json()).errors[0].extensions.code).toBe('OPERATION_NOT_PERSISTED');
  });

  test('the REST API works with a list of persisted operations', async () => {
    const rest = await createRestClient(gateway);
    const { json } = await rest.call('POST', '/sessions/', {});
    for await (const { data } of rest.chat(json.id, { prompt: 'Hi' })) if (data.type === 'finish') return;
    expect.fail('The chat did not finish.');
  });
});

test.each([
  ['is not JSON', 'hello'],
  ['has a document under the hash of another document', JSON.stringify({ [hashOf(read)]: create })],
  ['has a number as a document', JSON.stringify({ [hashOf(read)]: 1 })],
])('the gateway does not start with a list that %s', async (_what, text) => {
  await using folder = await openTemporaryFolder();
  const file = join(folder.path, 'operations.json');
  await writeFile(file, text);
  await expect(startTestGateway({ settings: { PERSISTED_OPERATIONS: file } })).rejects.toMatchObject({
    name: 'StartupError',
    message: expect.stringMatching(/^PERSISTED_OPERATIONS: .*operations\.json must be a JSON file/),
  });
});
