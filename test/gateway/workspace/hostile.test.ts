import { deflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { chunkBytes, hashOf } from '../../../src/sync/entry.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';
import { fileOf, openWorkspace, type Replica } from '../../support/workspace/replica-client.ts';

const settings = {
  MAX_WORKSPACE_FILES: '5',
  MAX_WORKSPACE_FILE_BYTES: '5000000',
  MAX_WORKSPACE_BYTES: '6000000',
};
const shared = shareGateway(() => startTestGateway({ settings }));

async function openLaptop() {
  const opened = await openWorkspace(shared());
  return { ...opened, laptop: opened.replicas[0] as Replica };
}

const refusedWith = async (response: Response) => {
  const { detail, code, field } = JSON.parse(await response.text());
  return { status: response.status, code, field, detail };
};

/** One record of a pack. */
function recordOf(header: object, content: Buffer): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json, content]);
}

const fileChange = (path: string, more: object = {}) => {
  const { entry } = fileOf('x', 'x');
  return { changes: [{ path, base: null, entry: { ...entry, path, ...more } }] };
};

test.each([
  ['../outside'],
  ['/etc/passwd'],
  ['a/../../b'],
  ['.git/config'],
  ['sub/.GIT/hooks/pre-commit'],
  ['.switchyard/state'],
  ['a//b'],
  ['nul\0'],
  ['x'.repeat(256)],
  [Array.from({ length: 65 }, () => 'd').join('/')],
  [''],
])('a path like %j is refused, and named', async (path) => {
  const { laptop } = await openLaptop();
  const answer = await refusedWith(await laptop.post('changes', fileChange(path)));
  expect(answer).toMatchObject({
    status: 422,
    code: 'BAD_USER_INPUT',
    field: expect.stringMatching(/^changes\.0\.entry/),
  });
});

test('a deletion of a path that cannot be there changes nothing', async () => {
  const { laptop } = await openLaptop();
  const { outcomes } = await laptop.change([{ path: '../outside', base: null, entry: null }]);
  expect(outcomes).toEqual([{ path: '../outside', outcome: 'stored' }]);
  expect(await laptop.entries()).toEqual({ revision: 0, paths: [] });
});

test.each([
  ['no JSON', 'not json', 400],
  ['no object', 'null', 422],
  ['no changes', '{"changes":[]}', 422],
  ['too many changes', JSON.stringify({ changes: Array.from({ length: 1_001 }, () => ({})) }), 422],
  [
    'the same path twice',
    JSON.stringify({ changes: Array.from({ length: 2 }, () => fileChange('a').changes[0]) }),
    422,
  ],
  ['a wrong mode', JSON.stringify(fileChange('a', { mode: 0o4755 })), 422],
  ['a size that is no number', JSON.stringify(fileChange('a', { size: '1' })), 422],
  ['half a character', '{"changes":[{"path":"a\\ud800","base":null,"entry":null}]}', 200],
])('changes with %s are refused', async (_name, body, status) => {
  const { laptop } = await openLaptop();
  const headers = { 'content-type': 'application/json' };
  expect((await laptop.get('changes', { method: 'POST', headers, body })).status).toBe(status);
});

test('a file whose chunks are not what it claims is refused', async () => {
  const { laptop } = await openLaptop();
  const { entry, chunks } = fileOf('large', Buffer.alloc(chunkBytes + 10, 'a'));
  for (const chunk of chunks) await laptop.send([chunk]);
  const lies = [
    { ...entry, sha256: hashOf('another') },
    { ...entry, size: entry.size - 1 },
    { ...entry, chunks: [...(entry.chunks ?? [])].reverse() },
  ];
  for (const lie of lies) {
    const [outcome] = (await laptop.change([{ path: 'large', base: null, entry: lie }])).outcomes;
    expect(outcome).toMatchObject({ outcome: 'refused', isFull: false });
  }
  const small = fileOf('small', 'small');
  await laptop.send(small.chunks);
  const longer = { ...small.entry, size: 6 };
  const [outcome] = (await laptop.change([{ path: 'small', base: null, entry: longer }])).outcomes;
  expect(outcome).toMatchObject({ outcome: 'refused', isFull: false });
  expect(await laptop.paths()).toEqual([]);
});

test.each([
  ['a wrong hash', recordOf({ chunks: [{ sha256: hashOf('a'), size: 1 }], stored: 1 }, Buffer.from('b'))],
  ['a header that is too long', Buffer.from([0, 0, 255, 255])],
  ['a header that is no JSON', recordOf([1], Buffer.alloc(0))],
  ['a cut end', recordOf({ chunks: [{ sha256: hashOf('ab'), size: 2 }], stored: 2 }, Buffer.from('a'))],
  [
    'a chunk that inflates beyond its size',
    recordOf(
      { chunks: [{ sha256: hashOf('a'), size: 1 }], stored: 24, deflated: true },
      deflateRawSync(Buffer.alloc(9_000)).subarray(0, 24),
    ),
  ],
])('a pack with %s is refused, and stores nothing', async (_name, body) => {
  const { laptop } = await openLaptop();
  expect(
    await refusedWith(await laptop.get('packs', { method: 'PUT', body: new Uint8Array(body) })),
  ).toMatchObject({
    ...{ status: 400, code: 'BAD_REQUEST' },
  });
  expect(await laptop.missing([hashOf('a')])).toEqual([hashOf('a')]);
});

test('a pack whose chunks become too many bytes is refused', async () => {
  const { laptop } = await openLaptop();
  const records = Array.from({ length: 4 }, (_, index) => {
    const bytes = Buffer.alloc(chunkBytes, String(index));
    const stored = deflateRawSync(bytes);
    return recordOf(
      { chunks: [{ sha256: hashOf(bytes), size: bytes.length }], stored: stored.length, deflated: true },
      stored,
    );
  });
  const answer = await refusedWith(
    await laptop.get('packs', { method: 'PUT', body: Buffer.concat(records) }),
  );
  expect(answer).toMatchObject({ status: 413, code: 'PAYLOAD_TOO_LARGE' });
});

test('a workspace refuses too many files, a file that is too large, and too many bytes, and names the setting', async () => {
  const { laptop } = await openLaptop();
  const large = Buffer.alloc(4_000_000, 'x');
  expect((await laptop.put('large', large)).outcome).toMatchObject({ outcome: 'stored' });
  expect((await laptop.put('second', Buffer.alloc(4_000_000, 'y'))).outcome).toMatchObject({
    ...{ outcome: 'refused', isFull: true, reason: expect.stringContaining('MAX_WORKSPACE_BYTES') },
  });
  const { entry } = fileOf('huge', Buffer.alloc(5_000_001));
  const [huge] = (await laptop.change([{ path: 'huge', base: null, entry }])).outcomes;
  expect(huge).toMatchObject({ isFull: false, reason: expect.stringContaining('MAX_WORKSPACE_FILE_BYTES') });
  for (let n = 1; n < 5; n += 1) await laptop.put(`file-${n}`, 'small');
  expect((await laptop.put('one-more', 'small')).outcome).toMatchObject({
    ...{ outcome: 'refused', isFull: true, reason: expect.stringContaining('MAX_WORKSPACE_FILES') },
  });
});

test('nobody but the agents of attached nodes finds a workspace', async () => {
  const mine = await openLaptop();
  const other = await openLaptop();
  const [token = ''] = mine.tokens;
  const ask = (id: string, headers: Record<string, string>) =>
    fetch(`${shared().url}/workspaces/${id}/folder`, { headers });
  expect((await ask(mine.id, { authorization: `Bearer ${token}` })).status).toBe(200);
  expect((await ask(other.id, { authorization: `Bearer ${token}` })).status).toBe(404);
  expect((await ask('nowhere', { authorization: `Bearer ${token}` })).status).toBe(404);
  expect((await ask(mine.id, {})).status).toBe(401);
  expect((await ask(mine.id, { authorization: 'Bearer swn_unknown' })).status).toBe(401);
  const chunk = fileOf('x', 'secret').chunks;
  await mine.laptop.send(chunk);
  expect(await other.laptop.missing([hashOf('secret')])).toEqual([hashOf('secret')]);
  expect(await other.laptop.receive([hashOf('secret')])).toEqual([]);
});

test('a node that is detached while it sends stores nothing', async () => {
  const { laptop, sessionId, nodeIds } = await openLaptop();
  const { chunks } = fileOf('x', Buffer.alloc(100_000, 'x'));
  let release = () => {};
  const detached = new Promise<void>((resolve) => {
    release = resolve;
  });
  const record = recordOf(
    { chunks: [{ sha256: chunks[0]?.sha256, size: 100_000 }], stored: 100_000 },
    chunks[0]?.bytes ?? Buffer.alloc(0),
  );
  async function* body() {
    yield record.subarray(0, 50_000);
    await detached;
    yield record.subarray(50_000);
  }
  const init = { method: 'PUT', body: body(), duplex: 'half' } as unknown as RequestInit;
  const sending = laptop.get('packs', init);
  const document =
    'mutation ($sessionId: ID!, $nodeId: String!) { detachNode(sessionId: $sessionId, nodeId: $nodeId) { id } }';
  await shared().query(document, { sessionId, nodeId: nodeIds[0] });
  release();
  expect((await sending).status).toBe(404);
  expect((await laptop.get('folder')).status).toBe(404);
  const { database } = shared().services;
  expect(await database.workspaceContent.count({ where: { sha256: chunks[0]?.sha256 ?? '' } })).toBe(0);
});
