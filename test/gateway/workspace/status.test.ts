import { expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { databaseIdOf } from '../../support/gateway/database-id.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';
import { connectNode } from '../../support/node/node-client.ts';
import { followWorkspaces } from '../../support/workspace/node-workspaces.ts';
import { openWorkspace, type Replica, shareFiles } from '../../support/workspace/replica-client.ts';

const shared = shareGateway(() => startTestGateway());

/** What is stored of the nodes of a session, in the order in which they were attached. */
const nodesOf = (sessionId: string) =>
  shared().services.database.sessionNode.findMany({
    where: { sessionId: databaseIdOf(sessionId) },
    orderBy: { agentNodeId: 'asc' },
  });

test('a node is SYNCED when it has the newest revision, and SYNCING after the next change', async () => {
  const { replicas, sessionId } = await openWorkspace(shared(), ['laptop', 'server']);
  const [laptop, server] = replicas as [Replica, Replica];
  const { entry } = await laptop.put('a', 'first');
  const { hash: manifestHash } = await laptop.folder();
  expect((await nodesOf(sessionId)).map(({ syncStatus }) => syncStatus)).toEqual(['PENDING', 'PENDING']);
  await laptop.report({ revision: 1, manifestHash });
  await server.report({ status: 'SYNCING', filesDone: 1, filesTotal: 2, bytesDone: 5, bytesTotal: 10 });
  expect(await nodesOf(sessionId)).toMatchObject([
    { syncStatus: 'SYNCED', manifestHash, syncRevision: 1, lastSyncAt: expect.any(Date), error: null },
    { syncStatus: 'SYNCING', filesDone: 1, filesTotal: 2, bytesDone: 5, bytesTotal: 10, lastSyncAt: null },
  ]);
  await server.put('a', 'second', entry);
  await laptop.report({ revision: 1, manifestHash });
  const skipped = [{ path: 'socket', reason: 'a socket' }];
  await server.report({ status: 'ERROR', revision: 1, error: 'The disk is full.', skipped });
  expect(await nodesOf(sessionId)).toMatchObject([
    { syncStatus: 'SYNCING' },
    { syncStatus: 'ERROR', error: 'The disk is full. Left out: "socket" (a socket).' },
  ]);
});

test('a node whose version was kept is in CONFLICT until that is gone', async () => {
  const { replicas, sessionId } = await openWorkspace(shared(), ['laptop', 'server']);
  const [laptop, server] = replicas as [Replica, Replica];
  const { entry } = await laptop.put('a', 'first');
  await laptop.put('a', 'second', entry);
  const { outcome, revision } = await server.put('a', 'third', entry);
  await laptop.report({ revision });
  await server.report({ revision });
  expect((await nodesOf(sessionId)).map(({ syncStatus }) => syncStatus)).toEqual(['SYNCED', 'CONFLICT']);
  if (outcome?.outcome !== 'superseded') throw new Error('There is no conflict.');
  await shared().services.workspaces.delete(databaseIdOf(sessionId), outcome.keptPath ?? '');
  await server.report({ revision: revision + 1 });
  expect((await nodesOf(sessionId)).map(({ syncStatus }) => syncStatus)).toEqual(['SYNCING', 'SYNCED']);
});

test('a node that was attached without a workspace has nothing to sync, and joins when there is one', async () => {
  const { replicas, sessionId, nodeIds } = await openWorkspace(shared(), ['laptop', 'server'], () => null);
  const laptop = replicas[0] as Replica;
  const has = { syncStatus: 'SYNCED', manifestHash: expect.any(String) };
  expect(await nodesOf(sessionId)).toMatchObject([has, has]);
  expect((await laptop.get('folder')).status).toBe(404);
  await shareFiles(shared(), sessionId, nodeIds.slice(0, 1));
  const pending = { syncStatus: 'PENDING', manifestHash: null };
  expect(await nodesOf(sessionId)).toMatchObject([pending, pending]);
  expect((await laptop.folder()).hash).toBe(
    (await nodesOf(sessionId))[0]?.manifestHash ?? (await laptop.folder()).hash,
  );
  await laptop.report({ revision: 0 });
  await shareFiles(shared(), sessionId, nodeIds);
  expect((await nodesOf(sessionId))[0]).toMatchObject({ syncStatus: 'SYNCED' });
});

test('an agent is told of its workspaces, of their changes, and when it is detached', async () => {
  const { replicas, sessionId, nodeIds, tokens, id } = await openWorkspace(shared(), ['laptop'], (ids) => ({
    ...{ source: 'NODE_LOCAL', sourceNodeId: ids[0], path: 'code' },
  }));
  const lists = followWorkspaces(shared().url, tokens[0] ?? '');
  const next = async () => (await lists.next()).value;
  const workspace = { workspaceId: id, sessionId: databaseIdOf(sessionId), isLead: true, path: 'code' };
  expect(await next()).toEqual([{ ...workspace, revision: 0 }]);
  await (replicas[0] as Replica).put('a', 'first');
  expect(await next()).toEqual([{ ...workspace, revision: 1 }]);
  const detach =
    'mutation ($sessionId: ID!, $nodeId: String!) { detachNode(sessionId: $sessionId, nodeId: $nodeId) { workspace { source path sourceNodeId fileCount } } }';
  const { detachNode } = await shared().query(detach, { sessionId, nodeId: nodeIds[0] });
  expect(detachNode.workspace).toEqual({ source: 'SERVER', path: null, sourceNodeId: null, fileCount: 1 });
  expect(await next()).toEqual([]);
  await lists.return(undefined);
});

test('an agent that is too old to sync says so, until a newer one connects', async () => {
  const { sessionId, tokens } = await openWorkspace(shared(), ['laptop']);
  await using old = connectNode(shared().url, tokens[0] ?? '');
  await old.next('InboxOpened');
  const error = 'The agent is too old to sync files.';
  expect(await nodesOf(sessionId)).toMatchObject([{ syncStatus: 'ERROR', error }]);
  await using newer = connectNode(shared().url, tokens[0] ?? '', { syncsWorkspaces: true });
  await newer.next('InboxOpened');
  expect(await nodesOf(sessionId)).toMatchObject([{ syncStatus: 'PENDING', error: null }]);
});

test('an answer notes which files each node had', async () => {
  const { replicas, sessionId, nodeIds } = await openWorkspace(shared(), ['laptop', 'server']);
  const [laptop] = replicas as [Replica];
  const { revision } = await laptop.put('a', 'first');
  const { hash } = await laptop.folder();
  await laptop.report({ revision, manifestHash: hash });
  await collect(chat(shared().client(), { sessionId, prompt: 'Hello' }));
  const query =
    'query ($id: ID!) { session(id: $id) { messages(first: 2) { edges { node { workspaceManifests { nodeId manifestHash } } } } } }';
  const { session } = await shared().query(query, { id: sessionId });
  const seen = session.messages.edges.map(({ node }: { node: object }) => node);
  const manifests = [{ nodeId: nodeIds[0], manifestHash: hash }];
  expect(seen).toEqual([{ workspaceManifests: [] }, { workspaceManifests: manifests }]);
});
