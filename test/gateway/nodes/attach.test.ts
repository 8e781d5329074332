import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeId } from '../../../src/base/global-id.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import type { GraphQLAnswer } from '../../support/gateway/gateway-api.ts';
import { registerNode } from '../../support/node/nodes.ts';
import { startOwnNode } from './own-node.ts';

const attachDocument = `mutation ($sessionId: ID!, $nodeIds: [String!]!, $workspace: WorkspaceInput) {
  attachNodes(sessionId: $sessionId, nodeIds: $nodeIds, workspace: $workspace) { id }
}`;
const detachDocument =
  'mutation ($sessionId: ID!, $nodeId: String!) { detachNode(sessionId: $sessionId, nodeId: $nodeId) { id } }';
const sessionDocument = `query ($id: ID!) { session(id: $id) {
  workspace { id source path sourceNodeId }
  nodes { node { nodeId isRegistered } syncStatus connection lastSyncAt error attachedAt }
} }`;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ settings: { MAX_NODES_PER_SESSION: '2' } });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const sessionOf = async (id: string) => (await gateway.query(sessionDocument, { id })).session;

const namesOf = async (id: string) =>
  (await sessionOf(id)).nodes.map(({ node }: { node: { nodeId: string } }) => node.nodeId);

const databaseIdOf = (sessionId: string) => Number(decodeId(sessionId)?.id);

test('a session shows how each of its nodes is connected, and attaching a node creates it if it is not registered', async () => {
  await using _laptop = await startOwnNode(gateway, 'laptop');
  const sessionId = await gateway.createSession();
  expect(await sessionOf(sessionId)).toEqual({ workspace: null, nodes: [] });

  await gateway.query(attachDocument, { sessionId, nodeIds: ['laptop', 'nowhere', 'laptop'] });

  const shared = { lastSyncAt: null, error: null, attachedAt: expect.any(String) };
  expect(await sessionOf(sessionId)).toEqual({
    workspace: {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      source: 'EMPTY',
      path: null,
      sourceNodeId: null,
    },
    nodes: [
      {
        node: { nodeId: 'laptop', isRegistered: true },
        syncStatus: 'SYNCED',
        connection: 'ONLINE',
        ...shared,
      },
      {
        node: { nodeId: 'nowhere', isRegistered: false },
        syncStatus: 'OFFLINE',
        connection: 'OFFLINE',
        ...shared,
      },
    ],
  });
});

test('attaching a node again changes neither the node nor the workspace of the session', async () => {
  const sessionId = await gateway.createSession({ nodeIds: ['one'] });
  const before = await sessionOf(sessionId);

  await gateway.query(attachDocument, { sessionId, nodeIds: ['one', 'two'] });

  const after = await sessionOf(sessionId);
  expect(after.workspace).toEqual(before.workspace);
  expect(after.nodes[0]).toEqual(before.nodes[0]);
  expect(await namesOf(sessionId)).toEqual(['one', 'two']);
});

test('attaching nodes can set where the files of the workspace come from', async () => {
  const sessionId = await gateway.createSession({ nodeIds: ['laptop'] });
  const { id } = (await sessionOf(sessionId)).workspace;
  const workspace = { source: 'NODE_LOCAL', path: '/home/alice/project', sourceNodeId: 'laptop' };

  await gateway.query(attachDocument, { sessionId, nodeIds: ['laptop'], workspace });

  expect((await sessionOf(sessionId)).workspace).toEqual({ id, ...workspace });
});

test.each([
  ['a folder but its source is EMPTY', { source: 'EMPTY', path: '/srv' }, 'workspace.path'],
  ['no folder but its source is SERVER', { source: 'SERVER' }, 'workspace.path'],
  ['no node but its source is NODE_LOCAL', { source: 'NODE_LOCAL', path: '/srv' }, 'workspace.sourceNodeId'],
  [
    'a node but its source is SERVER',
    { source: 'SERVER', path: '/srv', sourceNodeId: 'unseen' },
    'workspace.sourceNodeId',
  ],
  ['a node that is not attached', { source: 'NODE_LOCAL', sourceNodeId: 'desk' }, 'workspace.sourceNodeId'],
])('attaching is refused if the workspace names %s', async (_what, workspace, field) => {
  const sessionId = await gateway.createSession();
  const nodesBefore = await gateway.services.database.agentNode.count();

  const { errors } = await gateway.graphql(attachDocument, { sessionId, nodeIds: ['unseen'], workspace });

  expect(errors?.[0]).toMatchObject({
    message: expect.stringContaining(`${field}: `),
    extensions: { code: 'BAD_USER_INPUT', field },
  });
  expect(await sessionOf(sessionId)).toEqual({ workspace: null, nodes: [] });
  expect(await gateway.services.database.agentNode.count()).toBe(nodesBefore);
});

test('attaching more nodes than MAX_NODES_PER_SESSION is refused and creates no node and no session', async () => {
  const sessionId = await gateway.createSession({ nodeIds: ['one'] });
  const { database } = gateway.services;
  const counts = () => Promise.all([database.agentNode.count(), database.session.count()]);
  const before = await counts();

  const { errors } = await gateway.graphql(attachDocument, { sessionId, nodeIds: ['new-two', 'new-three'] });
  const created = await gateway.graphql(
    'mutation { createSession(input: { nodeIds: ["new-a", "new-b", "new-c"] }) { id } }',
  );

  expect(errors?.[0]).toMatchObject({
    message: 'nodeIds: a session has at most 2 nodes, and this one has 1 already.',
    extensions: { code: 'BAD_USER_INPUT', field: 'nodeIds' },
  });
  expect(created.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
  expect(await counts()).toEqual(before);
});

test('attaching nodes to a session that does not exist is refused with NOT_FOUND', async () => {
  const sessionId = Buffer.from('Session:999999').toString('base64');
  const { errors } = await gateway.graphql(attachDocument, { sessionId, nodeIds: ['laptop'] });
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'NOT_FOUND' });
});

test('detaching a node keeps the node, the workspace and the other nodes of the session', async () => {
  const sessionId = await gateway.createSession({ nodeIds: ['one', 'two'] });
  const { workspace } = await sessionOf(sessionId);

  await gateway.query(detachDocument, { sessionId, nodeId: 'one' });

  expect(await namesOf(sessionId)).toEqual(['two']);
  expect((await sessionOf(sessionId)).workspace).toEqual(workspace);
  expect((await gateway.query('{ agentNode(nodeId: "one") { nodeId } }')).agentNode).not.toBeNull();
});

test('a node that was never registered is deleted when its last session detaches it, and its name is free again', async () => {
  const first = await gateway.createSession({ userId: 'alice', nodeIds: ['named'] });
  const second = await gateway.createSession({ userId: 'alice', nodeIds: ['named'] });
  const count = () => gateway.services.database.agentNode.count({ where: { nodeId: 'named' } });

  await gateway.query(detachDocument, { sessionId: first, nodeId: 'named' });
  expect(await count()).toBe(1);
  await gateway.query(detachDocument, { sessionId: second, nodeId: 'named' });
  expect(await count()).toBe(0);

  await gateway.createSession({ userId: 'bob', nodeIds: ['named'] });
  const node = await gateway.services.database.agentNode.findFirst({ where: { nodeId: 'named' } });
  expect(node?.userId).toBe('bob');
});

test.each(['deleteSession', 'deleteSessions'])(
  '%s deletes the nodes that were never registered and that no other session has, and keeps the other nodes',
  async (mutation) => {
    const names = { lone: `lone-${mutation}`, shared: `shared-${mutation}`, own: `own-${mutation}` };
    const userId = `user-${mutation}`;
    await registerNode(gateway, names.own);
    const id = await gateway.createSession({ userId, nodeIds: [names.lone, names.own] });
    const alsoGoing = await gateway.createSession({ userId, nodeIds: [names.shared] });
    await gateway.createSession({ nodeIds: [names.shared] });

    if (mutation === 'deleteSessions') {
      await gateway.query('mutation ($userId: String) { deleteSessions(userId: $userId) { count } }', {
        userId,
      });
    } else {
      for (const sessionId of [id, alsoGoing]) {
        await gateway.query('mutation ($id: ID!) { deleteSession(id: $id) { deletedSessionId } }', {
          id: sessionId,
        });
      }
    }

    const { agentNode } = gateway.services.database;
    const left = await agentNode.findMany({ where: { nodeId: { in: Object.values(names) } } });
    expect(left.map(({ nodeId }) => nodeId).toSorted()).toEqual([names.own, names.shared]);
  },
);

test('detaching a node that is not attached is refused with NOT_FOUND', async () => {
  const sessionId = await gateway.createSession();
  await registerNode(gateway, 'unattached');
  const { errors } = await gateway.graphql(detachDocument, { sessionId, nodeId: 'unattached' });
  expect(errors?.[0]).toMatchObject({
    message: `The node "unattached" is not attached to session ${databaseIdOf(sessionId)}.`,
    extensions: { code: 'NOT_FOUND', field: 'nodeId' },
  });
});

test('of several requests that detach the same node at once, one succeeds and the others get NOT_FOUND', async () => {
  const sessionId = await gateway.createSession();
  await gateway.query(attachDocument, { sessionId, nodeIds: ['contested'] });
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => gateway.graphql(detachDocument, { sessionId, nodeId: 'contested' })),
  );
  const codes = answers.map(({ errors }) => errors?.[0]?.extensions['code'] ?? 'detached').sort();
  expect(codes).toEqual([...Array.from({ length: 9 }, () => 'NOT_FOUND'), 'detached']);
});

test('deleting a session deletes its attachments and its workspace, but not its nodes', async () => {
  const id = await gateway.createSession({ nodeIds: ['laptop'] });
  await gateway.query('mutation ($id: ID!) { deleteSession(id: $id) { deletedSessionId } }', { id });
  const { database } = gateway.services;
  const where = { sessionId: databaseIdOf(id) };
  expect(await database.sessionNode.count({ where })).toBe(0);
  expect(await database.workspace.count({ where })).toBe(0);
  expect(await database.agentNode.count({ where: { nodeId: 'laptop' } })).toBe(1);
});

describe('following a session', () => {
  const watchDocument = `subscription ($sessionId: ID!) { sessionEvents(sessionId: $sessionId) {
    ... on SessionNodeChanged { nodeId sessionNode { connection syncStatus node { displayName } } }
  } }`;

  /** Follows a session; returns a function that lists the changes of nodes that came so far. */
  async function watch(sessionId: string) {
    // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
    const seen: any[] = [];
    const results = gateway.client().iterate({ query: watchDocument, variables: { sessionId } });
    void (async () => {
      for await (const { data } of results) seen.push((data as GraphQLAnswer['data']).sessionEvents);
    })().catch(() => {});
    const update = 'mutation ($id: ID!) { updateSession(id: $id, input: {}) { id } }';
    const isWatching = async () => {
      await gateway.query(update, { id: sessionId });
      return seen.length;
    };
    await expect.poll(isWatching).toBeGreaterThan(0);
    return () => seen.filter(({ nodeId }) => nodeId !== undefined);
  }

  test('a follower of a session sees when a node is attached, connects, disconnects, is renamed and is detached', async () => {
    const sessionId = await gateway.createSession();
    const seen = await watch(sessionId);
    const last = () => seen().at(-1);

    await gateway.query(attachDocument, { sessionId, nodeIds: ['laptop'] });
    const offline = { connection: 'OFFLINE', syncStatus: 'OFFLINE', node: { displayName: 'laptop' } };
    await expect.poll(last).toEqual({ nodeId: 'laptop', sessionNode: offline });

    await using laptop = await startOwnNode(gateway, 'laptop');
    const online = { connection: 'ONLINE', syncStatus: 'SYNCED', node: { displayName: 'laptop' } };
    await expect.poll(last).toEqual({ nodeId: 'laptop', sessionNode: online });

    laptop.leave();
    await expect.poll(last).toEqual({ nodeId: 'laptop', sessionNode: offline });

    const rename = 'mutation { updateNode(nodeId: "laptop", input: { displayName: "Old one" }) { id } }';
    await gateway.query(rename);
    await expect.poll(last).toMatchObject({ sessionNode: { node: { displayName: 'Old one' } } });

    await gateway.query(detachDocument, { sessionId, nodeId: 'laptop' });
    await expect.poll(last).toEqual({ nodeId: 'laptop', sessionNode: null });
  });

  test('a follower of a session gets at most four changes per second of a node, and always the last one', async () => {
    const sessionId = await gateway.createSession({ nodeIds: ['flapping'] });
    const token = await registerNode(gateway, 'flapping');
    const seen = await watch(sessionId);
    const startedAt = performance.now();
    const { registry } = gateway.services;
    const identity = await registry.authenticate(token);
    const request = { capabilities: [], maxDispatches: 1, instanceId: 'flapping', running: [] };

    for (let round = 0; round < 100 && identity; round += 1) {
      const leaving = new AbortController();
      await registry.open(identity, request, leaving.signal);
      leaving.abort();
    }
    if (identity) await registry.open(identity, request, new AbortController().signal);

    await expect.poll(() => seen().at(-1)?.sessionNode.connection).toBe('ONLINE');
    const windows = Math.ceil((performance.now() - startedAt) / 250) + 1;
    expect(seen().length).toBeLessThanOrEqual(windows);
  });
});
