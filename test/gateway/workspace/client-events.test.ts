import { expect, test } from 'vitest';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import type { GatewayApi } from '../../support/gateway/gateway-api.ts';
import { openSharedFiles, type SharedFiles } from '../../support/gateway/shared-files.ts';
import { shareGateway } from '../../support/gateway/shared-gateway.ts';
import { startNode } from '../../support/node/nodes.ts';

const shared = shareGateway(() => startTestGateway());

const document = `subscription ($sessionId: ID!) {
  event: sessionEvents(sessionId: $sessionId) {
    __typename
    ... on WorkspaceChanged { workspace { fileCount totalBytes source sourceNodeId conflicts { path keptPath nodeId } } }
    ... on SessionNodeChanged { nodeId sessionNode { syncStatus manifestHash error progress { filesDone filesTotal bytesDone bytesTotal } } }
  }
}`;

/** Follows the events of a session. `until` resolves with the first event, of all that were seen, that matches. */
async function follow(gateway: GatewayApi, { sessionId }: SharedFiles) {
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  const seen: any[] = [];
  const results = gateway.client().iterate({ query: document, variables: { sessionId } });
  const ended = (async () => {
    for await (const { data } of results) seen.push((data as { event: unknown }).event);
  })();
  ended.catch(() => undefined);
  const update = 'mutation ($id: ID!) { updateSession(id: $id, input: {}) { id } }';
  // It is not known from when on events come.
  await expect
    .poll(async () => gateway.query(update, { id: sessionId }).then(() => seen.length))
    .toBeGreaterThan(0);
  return {
    async until(matching: object) {
      await expect.poll(() => seen, { interval: 10 }).toContainEqual(expect.objectContaining(matching));
    },
    async [Symbol.asyncDispose]() {
      await results.return?.();
    },
  };
}

test('a client hears of each change of the files, with the workspace as it is then', async () => {
  const files = await openSharedFiles(shared());
  await using events = await follow(shared(), files);
  const changed = (workspace: object) =>
    events.until({ __typename: 'WorkspaceChanged', workspace: expect.objectContaining(workspace) });
  await files.write('a.txt', 'hello');
  await changed({ fileCount: 1, totalBytes: 5 });
  await files.write('b.txt', 'x');
  await changed({ fileCount: 2, totalBytes: 6 });
  await files.delete('a.txt');
  await changed({ fileCount: 1, totalBytes: 1 });
});

test('a client sees how far a node is with the files, and what the node has in the end', async () => {
  const gateway = shared();
  await using node = await startNode(gateway, 'desk', { syncsWorkspaces: true });
  const files = await openSharedFiles(gateway);
  await gateway.query('mutation ($id: ID!) { attachNodes(sessionId: $id, nodeIds: ["desk"]) { id } }', {
    id: files.sessionId,
  });
  await files.write('a.txt', 'hello');
  await using events = await follow(gateway, files);
  const { revision } = await gateway.services.workspaces.tree(files.databaseId);
  const report = (more: object) => files.report(node.token, more);
  const told = (sessionNode: object) =>
    events.until({
      __typename: 'SessionNodeChanged',
      nodeId: 'desk',
      sessionNode: expect.objectContaining(sessionNode),
    });
  const progress = { filesDone: 1, filesTotal: 3, bytesDone: 5_000_000_000, bytesTotal: 9_000_000_000 };

  expect((await report(progress)).status).toBe(204);
  await told({ syncStatus: 'SYNCING', manifestHash: null, progress });

  const { manifestHash } = await files.read('manifestHash');
  await report({ status: 'SYNCED', revision, manifestHash });
  await told({ syncStatus: 'SYNCED', manifestHash, progress: null, error: null });

  await report({ status: 'ERROR', revision, manifestHash, error: 'The disk is full.' });
  await told({ syncStatus: 'ERROR', error: 'The disk is full.', progress: null });

  await node.leave();
  await told({ syncStatus: 'OFFLINE', progress: null });
});

test('a client hears when the files come from somewhere else', async () => {
  const gateway = shared();
  const files = await openSharedFiles(gateway);
  await using events = await follow(gateway, files);
  const changed = (source: string, sourceNodeId: string | null) =>
    events.until({
      __typename: 'WorkspaceChanged',
      workspace: expect.objectContaining({ source, sourceNodeId }),
    });
  await gateway.query(
    `mutation ($id: ID!) {
      attachNodes(sessionId: $id, nodeIds: ["lead"], workspace: { source: NODE_LOCAL, sourceNodeId: "lead" }) { id }
    }`,
    { id: files.sessionId },
  );
  await changed('NODE_LOCAL', 'lead');
  await gateway.query('mutation ($id: ID!) { detachNode(sessionId: $id, nodeId: "lead") { id } }', {
    id: files.sessionId,
  });
  await changed('SERVER', null);
});
