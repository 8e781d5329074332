import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTemporaryFolder } from '../../support/files/temporary-folder.ts';
import { type Cluster, openCluster } from '../../support/gateway/cluster.ts';
import type { TestGateway } from '../../support/gateway/gateway.ts';
import { describeWithServers } from '../../support/process/servers.ts';
import { followWorkspaces } from '../../support/workspace/node-workspaces.ts';
import { openWorkspace, type Replica, ReplicaClient } from '../../support/workspace/replica-client.ts';

describeWithServers('a workspace of several gateways', () => {
  let folders: Awaited<ReturnType<typeof openTemporaryFolder>>;
  let cluster: Cluster;
  let [first, second] = [] as unknown as [TestGateway, TestGateway];
  beforeAll(async () => {
    folders = await openTemporaryFolder();
    const root = join(folders.path, 'root');
    await mkdir(join(root, 'project'), { recursive: true });
    cluster = await openCluster({ BLOB_URL: `file:${folders.path}/blobs`, WORKSPACE_ROOT: root });
    [first, second] = await Promise.all([cluster.start(), cluster.start()]);
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
    await folders[Symbol.asyncDispose]();
  });

  test('a node on one gateway sees at once what was changed through another one', async () => {
    const { id, replicas, tokens } = await openWorkspace(first, ['laptop', 'server']);
    const here = replicas[0] as Replica;
    const there = new ReplicaClient(`${second.url}/workspaces/${id}`, tokens[1] ?? '');
    const lists = followWorkspaces(second.url, tokens[1] ?? '');
    const revision = async () => (await lists.next()).value?.[0]?.revision;
    expect(await revision()).toBe(0);
    const { entry } = await here.put('notes.md', 'of the first\n');
    expect(await revision()).toBe(1);
    expect(await there.text('notes.md')).toBe('of the first\n');
    const tree = (await there.folder()).hash;
    expect(tree).toBe((await here.folder()).hash);
    expect((await there.put('notes.md', 'of the second\n', entry)).outcome).toMatchObject({
      outcome: 'stored',
    });
    expect((await here.put('notes.md', 'too late\n', entry)).outcome).toMatchObject({
      outcome: 'superseded',
    });
    expect((await here.folder()).hash).toBe((await there.folder()).hash);
    await lists.return(undefined);
  });

  test('commits through both gateways at the same time are one history', async () => {
    const { id, replicas, tokens } = await openWorkspace(first, ['laptop', 'server']);
    const both = [
      replicas[0] as Replica,
      new ReplicaClient(`${second.url}/workspaces/${id}`, tokens[1] ?? ''),
    ];
    const puts = Array.from({ length: 40 }, (_, n) => both[n % 2]?.put(`file-${n}`, `content ${n % 7}`));
    const revisions = (await Promise.all(puts)).map((done) => done?.revision);
    expect([...revisions].sort((a = 0, b = 0) => a - b)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
    expect((await both[0]?.folder())?.hash).toBe((await both[1]?.folder())?.hash);
    expect(await both[1]?.paths()).toHaveLength(40);
  });

  test('a folder of the gateways is kept the same by one of them', async () => {
    const project = join(folders.path, 'root', 'project');
    await writeFile(join(project, 'main.ts'), 'first\n');
    const { id, replicas, tokens } = await openWorkspace(first, ['laptop', 'server'], () => ({
      ...{ source: 'SERVER', path: 'project' },
    }));
    const lists = [
      followWorkspaces(first.url, tokens[0] ?? ''),
      followWorkspaces(second.url, tokens[1] ?? ''),
    ];
    for (const list of lists) await list.next();
    const there = new ReplicaClient(`${second.url}/workspaces/${id}`, tokens[1] ?? '');
    await expect.poll(() => there.paths()).toEqual(['main.ts']);
    await (replicas[0] as Replica).put('more.ts', 'more\n');
    await expect.poll(() => readFile(join(project, 'more.ts'), 'utf8').catch(() => '')).toBe('more\n');
    expect(await there.paths()).toEqual(['main.ts', 'more.ts']);
    for (const list of lists) await list.return(undefined);
  });
});
