import { expect, test } from 'vitest';
import { chunkBytes, hashOf } from '../../../src/sync/entry.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';
import { fileOf, linkOf, openWorkspace, type Replica } from '../../support/workspace/replica-client.ts';

const shared = shareGateway(() => startTestGateway());

test('what one node sends, another one receives, in the order of the revisions', async () => {
  const { replicas } = await openWorkspace(shared(), ['laptop', 'server']);
  const [laptop, server] = replicas as [Replica, Replica];
  const first = await laptop.put('src/main.ts', 'console.log(1);\n');
  expect(first).toMatchObject({ revision: 1, outcome: { path: 'src/main.ts', outcome: 'stored' } });
  const second = await server.put('README.md', '# Read me\n');
  expect((await server.entries()).paths).toEqual([
    { path: 'src/main.ts', revision: 1, entry: first.entry },
    { path: 'README.md', revision: 2, entry: second.entry },
  ]);
  expect(await server.text('src/main.ts')).toBe('console.log(1);\n');
  expect(await laptop.delete('src/main.ts', first.entry)).toMatchObject({ outcome: 'stored' });
  expect(await server.entries(2)).toEqual({
    revision: 3,
    paths: [{ path: 'src/main.ts', revision: 3, entry: null }],
  });
  expect(await server.paths()).toEqual(['README.md']);
});

test('a file of several chunks, an empty file, a link and a script arrive as they are', async () => {
  const { replicas } = await openWorkspace(shared());
  const [laptop] = replicas as [Replica];
  const large = Buffer.alloc(2 * chunkBytes + 5, 'switchyard ');
  expect(await laptop.put('large.bin', large)).toMatchObject({ outcome: { outcome: 'stored' } });
  expect(await laptop.put('empty', '')).toMatchObject({ outcome: { outcome: 'stored' } });
  const script = fileOf('run.sh', '#!/bin/sh\n', 0o755);
  await laptop.send(script.chunks);
  const link = linkOf('latest', '../somewhere/else');
  const { outcomes } = await laptop.change([
    { path: 'run.sh', base: null, entry: script.entry },
    { path: 'latest', base: null, entry: link },
  ]);
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['stored', 'stored']);
  const { paths } = await laptop.entries();
  const entryOf = (path: string) => paths.find((each) => each.path === path)?.entry;
  expect(entryOf('run.sh')).toEqual(script.entry);
  expect(entryOf('latest')).toEqual(link);
  expect(hashOf(await laptop.text('large.bin'))).toBe(hashOf(large));
  expect(await laptop.text('empty')).toBe('');
});

test('chunks that are missing are named, and a chunk is sent once', async () => {
  const { replicas } = await openWorkspace(shared());
  const [laptop] = replicas as [Replica];
  const { entry, chunks } = fileOf('notes.txt', 'Some notes');
  const change = { path: entry.path, base: null, entry };
  expect((await laptop.change([change])).outcomes).toEqual([
    { path: 'notes.txt', outcome: 'missing', chunks: [entry.sha256] },
  ]);
  expect(await laptop.missing([entry.sha256, hashOf('')])).toEqual([entry.sha256]);
  expect((await laptop.send(chunks)).status).toBe(204);
  expect((await laptop.send(chunks)).status).toBe(204);
  expect(await laptop.missing([entry.sha256])).toEqual([]);
  expect((await laptop.change([change])).outcomes).toEqual([{ path: 'notes.txt', outcome: 'stored' }]);
  expect(await shared().services.database.workspaceContent.count({ where: { sha256: entry.sha256 } })).toBe(
    1,
  );
});

test('a folder has the hash of all that is in it, level by level', async () => {
  const { replicas, sessionId } = await openWorkspace(shared());
  const [laptop] = replicas as [Replica];
  const { entry } = await laptop.put('a/b/c.txt', 'c');
  const root = await laptop.folder();
  expect(root).toMatchObject({ revision: 1, entries: [], folders: { a: expect.any(String) } });
  const a = await laptop.folder('a');
  expect(a.hash).toBe(root.folders['a']);
  expect(await laptop.folder('a/b')).toMatchObject({ hash: a.folders['b'], entries: [entry] });
  expect(await laptop.folder('nowhere')).toMatchObject({ entries: [], folders: {}, hash: hashOf('') });
  expect(sessionId).toBeTruthy();
});
