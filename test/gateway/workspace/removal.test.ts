import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTemporaryFolder } from '../../support/files/temporary-folder.ts';
import { databaseIdOf } from '../../support/gateway/database-id.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { openWorkspace, type Replica } from '../../support/workspace/replica-client.ts';

let folder: Awaited<ReturnType<typeof openTemporaryFolder>>;
let gateway: TestGateway;
beforeAll(async () => {
  folder = await openTemporaryFolder();
  gateway = await startTestGateway({ settings: { BLOB_URL: `file:${folder.path}` } });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const dayMs = 86_400_000;

/** The keys of all blobs of workspaces. */
async function blobs(): Promise<string[]> {
  const names = await readdir(join(folder.path, 'workspaces'), { recursive: true });
  return names.filter((name) => /\/[0-9a-f]{64}$/.test(name)).sort();
}

async function openLaptop() {
  const opened = await openWorkspace(gateway);
  return {
    ...opened,
    laptop: opened.replicas[0] as Replica,
    where: { sessionId: databaseIdOf(opened.sessionId) },
  };
}

test('a deleted session takes its files with it, and a cleared history does not', async () => {
  const before = await blobs();
  const { laptop, sessionId, where } = await openLaptop();
  for (let n = 0; n < 5; n += 1) await laptop.put(`file-${n}`, `content ${n}`);
  expect(await blobs()).toHaveLength(before.length + 5);
  await gateway.query('mutation ($id: ID!) { clearHistory(sessionId: $id) { id } }', { id: sessionId });
  expect(await laptop.paths()).toHaveLength(5);
  expect(await laptop.text('file-3')).toBe('content 3');
  await gateway.query('mutation ($id: ID!) { deleteSession(id: $id) { deletedSessionId } }', {
    id: sessionId,
  });
  expect((await laptop.get('folder')).status).toBe(404);
  const { database } = gateway.services;
  await expect.poll(() => database.session.count({ where: { id: where.sessionId } })).toBe(0);
  expect(await database.workspaceFile.count({ where })).toBe(0);
  expect(await database.workspaceContent.count({ where })).toBe(0);
  expect(await blobs()).toEqual(before);
});

test('contents that no file has are deleted after a day, with their blobs, and others stay', async () => {
  const { laptop, where } = await openLaptop();
  const { database, workspaces } = gateway.services;
  const before = await blobs();
  const { entry } = await laptop.put('notes.md', 'first');
  await laptop.put('notes.md', 'second', entry);
  await laptop.put('other.md', 'another file');
  await database.workspaceContent.updateMany({
    where,
    data: { createdAt: new Date(Date.now() - 2 * dayMs) },
  });
  await laptop.put('young.md', 'young');
  await laptop.delete(
    'young.md',
    (await laptop.entries()).paths.find(({ path }) => path === 'young.md')?.entry as never,
  );
  expect(await blobs()).toHaveLength(before.length + 4);
  workspaces.startSweep(new Date(0));
  await expect.poll(() => database.workspaceContent.count({ where })).toBe(3);
  await expect.poll(async () => (await blobs()).length).toBe(before.length + 3);
  expect(await laptop.text('notes.md')).toBe('second');
  expect((await laptop.put('notes.md', 'first', null)).outcome).toMatchObject({ outcome: 'superseded' });
});

test('a replica that was away for longer than deletions are remembered compares folders', async () => {
  const { laptop, where } = await openLaptop();
  const { database, workspaces } = gateway.services;
  const { entry } = await laptop.put('old.md', 'old');
  await laptop.put('new.md', 'new');
  await laptop.delete('old.md', entry);
  const modifiedAt = new Date(Date.now() - 31 * dayMs);
  await database.workspaceFile.updateMany({ where: { ...where, path: 'old.md' }, data: { modifiedAt } });
  workspaces.startSweep(new Date(0));
  const pruned = () => database.workspace.findUnique({ where }).then((row) => row?.prunedRevision);
  await expect.poll(pruned).toBe(3);
  const answer = await laptop.get('entries?after=1');
  expect(answer.status).toBe(410);
  expect(JSON.parse(await answer.text())).toMatchObject({ code: 'REVISION_EXPIRED' });
  expect(await laptop.entries(3)).toEqual({ revision: 3, paths: [] });
  expect(await laptop.paths()).toEqual(['new.md']);
  expect((await laptop.put('again.md', 'again')).revision).toBe(4);
});

test('a gateway that remembers files from before deletions that are forgotten does not show them', async () => {
  const { laptop, where } = await openLaptop();
  const { database } = gateway.services;
  const shown = async () => (await laptop.folder()).entries.map(({ path }) => path).sort();
  for (const name of ['gone.md', 'kept.md']) await laptop.put(name, name);
  expect(await shown()).toEqual(['gone.md', 'kept.md']);
  // What another gateway has done since: it deleted a file, wrote another one, and forgot the deletion.
  await database.workspaceFile.deleteMany({ where: { ...where, path: 'gone.md' } });
  await database.workspaceFile.updateMany({ where: { ...where, path: 'kept.md' }, data: { revision: 4 } });
  const data = { revision: 4, prunedRevision: 3, fileCount: 1, totalBytes: 7 };
  await database.workspace.update({ where, data });
  expect(await shown()).toEqual(['kept.md']);
  expect((await laptop.put('new.md', 'new')).revision).toBe(5);
  expect(await shown()).toEqual(['kept.md', 'new.md']);
});
