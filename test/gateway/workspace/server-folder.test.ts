import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openTemporaryFolder } from '../../support/files/temporary-folder.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { followWorkspaces } from '../../support/workspace/node-workspaces.ts';
import { openWorkspace, type Replica, shareFiles } from '../../support/workspace/replica-client.ts';

test('a folder of the gateway is the same as the workspace while a node follows it', async () => {
  await using root = await openTemporaryFolder();
  const folder = join(root.path, 'project');
  await mkdir(join(folder, 'src'), { recursive: true });
  await writeFile(join(folder, 'src', 'main.ts'), 'first\n');
  await using data = await openTemporaryFolder();
  await using gateway = await startTestGateway({
    dataDir: data.path,
    settings: { WORKSPACE_ROOT: root.path },
  });
  const source = () => ({ source: 'SERVER', path: 'project' });
  const { replicas, tokens, sessionId, id } = await openWorkspace(gateway, ['laptop'], source);
  const laptop = replicas[0] as Replica;
  const lists = followWorkspaces(gateway.url, tokens[0] ?? '');
  expect((await lists.next()).value).toMatchObject([{ isLead: false, path: null }]);
  await expect.poll(() => laptop.paths()).toEqual(['src/main.ts']);
  const { entry } = await laptop.put('notes.md', 'of the laptop\n');
  await expect.poll(() => readFile(join(folder, 'notes.md'), 'utf8').catch(() => '')).toBe('of the laptop\n');
  await writeFile(join(folder, 'notes.md'), 'of the gateway\n');
  await expect.poll(() => laptop.text('notes.md')).toBe('of the gateway\n');
  expect(entry.path).toBe('notes.md');
  const query = 'query ($id: ID!) { session(id: $id) { workspace { error } } }';
  const errorOf = async () => (await gateway.query(query, { id: sessionId })).session.workspace.error;
  expect(await errorOf()).toBeNull();
  // What another program has made stands where a file of the laptop must be.
  await mkdir(join(folder, 'node_modules'));
  await writeFile(join(folder, 'node_modules', 'own'), '');
  await laptop.put('node_modules', 'a file\n');
  await expect.poll(errorOf, { timeout: 20_000 }).toMatch(/"node_modules" cannot be written/);
  await rm(join(folder, 'node_modules'), { recursive: true });
  await laptop.put('more.md', 'more\n');
  await expect.poll(errorOf, { timeout: 20_000 }).toBeNull();
  const state = join(data.path, 'workspace-state', id);
  expect(existsSync(state)).toBe(true);
  await gateway.query('mutation ($id: ID!) { deleteSession(id: $id) { deletedSessionId } }', {
    id: sessionId,
  });
  await expect.poll(() => existsSync(state)).toBe(false);
  await lists.return(undefined);
});

test('only a folder below the root can be named, and for a user who is no admin only below their own', async () => {
  await using root = await openTemporaryFolder();
  await mkdir(join(root.path, 'inside', 'deep'), { recursive: true });
  await writeFile(join(root.path, 'file'), '');
  await symlink('/etc', join(root.path, 'link'));
  await using gateway = await startTestGateway({ settings: { WORKSPACE_ROOT: root.path } });
  const sessionId = await gateway.createSession();
  for (const path of ['nowhere', '..', '/etc', 'link', 'file', '.', 'inside/../..']) {
    await expect(shareFiles(gateway, sessionId, ['laptop'], { source: 'SERVER', path })).rejects.toThrow(
      /workspace\.path/,
    );
  }
  await shareFiles(gateway, sessionId, ['laptop'], {
    source: 'SERVER',
    path: join(root.path, 'inside', 'deep'),
  });
  const query = 'query ($id: ID!) { session(id: $id) { workspace { path isShared } } }';
  expect((await gateway.query(query, { id: sessionId })).session.workspace).toEqual({
    ...{ path: 'inside/deep', isShared: true },
  });
});
