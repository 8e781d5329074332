import { expect, test } from 'vitest';
import { databaseIdOf } from '../../support/gateway/database-id.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';
import { fileOf, openWorkspace, type Replica } from '../../support/workspace/replica-client.ts';

const shared = shareGateway(() => startTestGateway());

const conflictsOf = async (sessionId: string) =>
  (await shared().services.workspaces.conflicts(databaseIdOf(sessionId))).map(
    ({ path, keptPath, nodeId }) => ({ path, keptPath, nodeId }),
  );

/** Two nodes that have the same file, and the file. */
async function withSameFile(workspace?: (nodeIds: string[]) => object) {
  const opened = await openWorkspace(shared(), ['laptop', 'server'], workspace);
  const [laptop, server] = opened.replicas as [Replica, Replica];
  const { entry } = await laptop.put('notes.md', 'first\n');
  return { ...opened, laptop, server, entry };
}

test('where two nodes have changed a file, the first version stays and the other one is kept beside it', async () => {
  const { laptop, server, entry, nodeIds, sessionId } = await withSameFile();
  await laptop.put('notes.md', 'of the laptop\n', entry);
  const { outcome } = await server.put('notes.md', 'of the server\n', entry);
  const keptPath = expect.stringMatching(
    new RegExp(`^notes \\(conflict from ${nodeIds[1]} \\d{4}-\\d\\d-\\d\\d \\d\\d-\\d\\d-\\d\\d\\)\\.md$`),
  );
  expect(outcome).toEqual({ path: 'notes.md', outcome: 'superseded', keptPath });
  expect(await laptop.text('notes.md')).toBe('of the laptop\n');
  const [, kept = ''] = await laptop.paths().then((paths) => paths.sort().reverse());
  expect(await laptop.text(kept)).toBe('of the server\n');
  expect(await conflictsOf(sessionId)).toEqual([{ path: 'notes.md', keptPath: kept, nodeId: nodeIds[1] }]);

  const again = await server.put('notes.md', 'of the server\n', entry);
  expect(again.outcome).toEqual(outcome);
  expect(await laptop.paths()).toHaveLength(2);

  const version = (await laptop.entries()).paths.find(({ path }) => path === kept)?.entry;
  await laptop.delete(kept, version as NonNullable<typeof version>);
  expect(await conflictsOf(sessionId)).toEqual([]);
});

test('the version of the lead wins, and what was there before is kept', async () => {
  const lead = (nodeIds: string[]) => ({ source: 'NODE_LOCAL', sourceNodeId: nodeIds[0] });
  const { laptop, server, entry, nodeIds, sessionId } = await withSameFile(lead);
  await server.put('notes.md', 'of the server\n', entry);
  const { outcome } = await laptop.put('notes.md', 'of the lead\n', entry);
  expect(outcome).toEqual({ path: 'notes.md', outcome: 'stored' });
  expect(await server.text('notes.md')).toBe('of the lead\n');
  const [conflict] = await conflictsOf(sessionId);
  expect(conflict).toMatchObject({ path: 'notes.md', nodeId: nodeIds[1] });
  expect(await server.text(conflict?.keptPath ?? '')).toBe('of the server\n');
});

test('a change is worth more than a deletion, whichever comes first', async () => {
  const { laptop, server, entry } = await withSameFile();
  const changed = await laptop.put('notes.md', 'changed\n', entry);
  expect(await server.delete('notes.md', entry)).toEqual({
    ...{ path: 'notes.md', outcome: 'superseded', keptPath: null },
  });
  expect(await server.delete('notes.md', changed.entry)).toMatchObject({ outcome: 'stored' });
  const { outcome } = await laptop.put('notes.md', 'changed again\n', changed.entry);
  expect(outcome).toMatchObject({ outcome: 'stored' });
  expect(await server.text('notes.md')).toBe('changed again\n');
});

test('a file where a folder is, and a file below a file, are kept beside it', async () => {
  const { laptop, server } = await withSameFile();
  await laptop.put('a/b/c.txt', 'below');
  const file = await server.put('a/b', 'a file');
  expect(file.outcome).toMatchObject({ outcome: 'superseded', keptPath: expect.stringMatching(/^a\/b \(/) });
  const below = await server.put('notes.md/part.txt', 'a part');
  const keptPath = expect.stringMatching(/^notes\.md-part \(conflict from .*\)\.txt$/);
  expect(below.outcome).toMatchObject({ outcome: 'superseded', keptPath });
});

test('a file takes the place of a folder whose files are deleted with the same request', async () => {
  const { laptop } = await withSameFile();
  const { entry: inner } = await laptop.put('a/b.txt', 'inner');
  const { entry, chunks } = fileOf('a', 'a file now');
  await laptop.send(chunks);
  const { outcomes } = await laptop.change([
    { path: 'a', base: null, entry },
    { path: 'a/b.txt', base: `f644:${inner.sha256}`, entry: null },
  ]);
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['stored', 'stored']);
  expect(await laptop.paths()).toEqual(['a', 'notes.md']);
});

test('both normal forms of a name, and names that differ in case, are files of their own', async () => {
  const { laptop } = await withSameFile();
  for (const path of ['caf\u00e9', 'cafe\u0301', 'CAF\u00c9', 'with\nbreak', '🦊.txt']) {
    expect((await laptop.put(path, path)).outcome).toMatchObject({ outcome: 'stored' });
  }
  expect(await laptop.paths()).toHaveLength(6);
});

test('a kept name fits where the name of the file is as long as a name may be', async () => {
  const { laptop, server } = await withSameFile();
  const path = `${'ü'.repeat(120)}.txt`;
  const { entry } = await laptop.put(path, 'first');
  await laptop.put(path, 'second', entry);
  const { outcome } = await server.put(path, 'third', entry);
  if (outcome?.outcome !== 'superseded') throw new Error(JSON.stringify(outcome));
  expect(Buffer.byteLength(outcome.keptPath ?? '')).toBeLessThanOrEqual(255);
  expect(await server.text(outcome.keptPath ?? '')).toBe('third');
});
