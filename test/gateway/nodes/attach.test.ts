import { describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import type { GraphQLAnswer } from '../../support/gateway/gateway-api.ts';
import { registerNode, startNode } from '../../support/node/nodes.ts';

const attachDocument = `mutation ($sessionId: ID!, $nodeIds: [String!]!, $workspace: WorkspaceInput) {
  attachNodes(sessionId: $sessionId, nodeIds: $nodeIds, workspace: $workspace) { id }
}`;
const detachDocument =
  'mutation ($sessionId: ID!, $nodeId: String!) { detachNode(sessionId: $sessionId, nodeId: $nodeId) { id } }';
const sessionDocument = `query ($id: ID!) { session(id: $id) {
  workspace { id source path sourceNodeId }
  nodes { node { nodeId isRegistered } syncStatus connection lastSyncAt error attachedAt }
} }`;

const sessionOf = async (gateway: TestGateway, id: string) =>
  (await gateway.query(sessionDocument, { id })).session;

const namesOf = async (gateway: TestGateway, id: string) =>
  (await sessionOf(gateway, id)).nodes.map(({ node }: { node: { nodeId: string } }) => node.nodeId);

describe('attaching nodes to a session', () => {
  test('shows how each is connected, and makes those that nobody has registered', async () => {
    await using gateway = await startTestGateway();
    await using _laptop = await startNode(gateway, 'laptop');
    const sessionId = await gateway.createSession();
    expect(await sessionOf(gateway, sessionId)).toEqual({ workspace: null, nodes: [] });

    await gateway.query(attachDocument, { sessionId, nodeIds: ['laptop', 'nowhere', 'laptop'] });

    const shared = { lastSyncAt: null, error: null, attachedAt: expect.any(String) };
    expect(await sessionOf(gateway, sessionId)).toEqual({
      workspace: {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        source: 'EMPTY',
        path: null,
        sourceNodeId: null,
      },
      nodes: [
        {
          node: { nodeId: 'laptop', isRegistered: true },
          syncStatus: 'PENDING',
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

  test('twice changes nothing, and the workspace stays the same one', async () => {
    await using gateway = await startTestGateway();
    const sessionId = await gateway.createSession({ nodeIds: ['one'] });
    const before = await sessionOf(gateway, sessionId);

    await gateway.query(attachDocument, { sessionId, nodeIds: ['one', 'two'] });

    const after = await sessionOf(gateway, sessionId);
    expect(after.workspace).toEqual(before.workspace);
    expect(after.nodes[0]).toEqual(before.nodes[0]);
    expect(await namesOf(gateway, sessionId)).toEqual(['one', 'two']);
  });

  test('can say where the files come from', async () => {
    await using gateway = await startTestGateway();
    const sessionId = await gateway.createSession({ nodeIds: ['laptop'] });
    const { id } = (await sessionOf(gateway, sessionId)).workspace;
    const workspace = { source: 'NODE_LOCAL', path: '/home/alice/project', sourceNodeId: 'laptop' };

    await gateway.query(attachDocument, { sessionId, nodeIds: ['laptop'], workspace });

    expect((await sessionOf(gateway, sessionId)).workspace).toEqual({ id, ...workspace });
  });

  test.each([
    ['a folder for an empty workspace', { source: 'EMPTY', path: '/srv' }, 'workspace.path'],
    ['no folder of the gateway', { source: 'SERVER' }, 'workspace.path'],
    ['no node for its files', { source: 'NODE_LOCAL', path: '/srv' }, 'workspace.sourceNodeId'],
    [
      'a node for the files of the gateway',
      { source: 'SERVER', path: '/srv', sourceNodeId: 'laptop' },
      'workspace.sourceNodeId',
    ],
    [
      'the files of a node that is not attached',
      { source: 'NODE_LOCAL', sourceNodeId: 'desk' },
      'workspace.sourceNodeId',
    ],
  ])('refuses %s', async (_what, workspace, field) => {
    await using gateway = await startTestGateway();
    const sessionId = await gateway.createSession();

    const { errors } = await gateway.graphql(attachDocument, { sessionId, nodeIds: ['laptop'], workspace });

    expect(errors?.[0]).toMatchObject({
      message: expect.stringContaining(`${field}: `),
      extensions: { code: 'BAD_USER_INPUT', field },
    });
    expect(await sessionOf(gateway, sessionId)).toEqual({ workspace: null, nodes: [] });
    expect(await gateway.services.database.agentNode.count()).toBe(0);
  });

  test('refuses more nodes than a session may have, and then makes none', async () => {
    await using gateway = await startTestGateway({ settings: { MAX_NODES_PER_SESSION: '2' } });
    const sessionId = await gateway.createSession({ nodeIds: ['one'] });

    const { errors } = await gateway.graphql(attachDocument, { sessionId, nodeIds: ['two', 'three'] });
    const created = await gateway.graphql(
      'mutation { createSession(input: { nodeIds: ["a", "b", "c"] }) { id } }',
    );

    expect(errors?.[0]).toMatchObject({
      message: 'nodeIds: a session has at most 2 nodes, and this one has 1 already.',
      extensions: { code: 'BAD_USER_INPUT', field: 'nodeIds' },
    });
    expect(created.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
    const { database } = gateway.services;
    expect(await Promise.all([database.agentNode.count(), database.session.count()])).toEqual([1, 1]);
  });

  test('is refused for a session that is not there', async () => {
    await using gateway = await startTestGateway();
    const sessionId = Buffer.from('Session:99').toString('base64');
    const { errors } = await gateway.graphql(attachDocument, { sessionId, nodeIds: ['laptop'] });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('detaching a node', () => {
  test('leaves the node, the workspace and the other nodes of the session', async () => {
    await using gateway = await startTestGateway();
    const sessionId = await gateway.createSession({ nodeIds: ['one', 'two'] });
    const { workspace } = await sessionOf(gateway, sessionId);

    await gateway.query(detachDocument, { sessionId, nodeId: 'one' });

    expect(await namesOf(gateway, sessionId)).toEqual(['two']);
    expect((await sessionOf(gateway, sessionId)).workspace).toEqual(workspace);
    expect((await gateway.query('{ agentNode(nodeId: "one") { nodeId } }')).agentNode).not.toBeNull();
  });

  test('is refused where it is not attached', async () => {
    await using gateway = await startTestGateway();
    const sessionId = await gateway.createSession();
    await registerNode(gateway, 'laptop');
    const { errors } = await gateway.graphql(detachDocument, { sessionId, nodeId: 'laptop' });
    expect(errors?.[0]).toMatchObject({
      message: 'The node "laptop" is not attached to session 1.',
      extensions: { code: 'NOT_FOUND', field: 'nodeId' },
    });
  });
});

test('a session that is deleted leaves its nodes behind, and nothing of its attachments', async () => {
  await using gateway = await startTestGateway();
  const id = await gateway.createSession({ nodeIds: ['laptop'] });
  await gateway.query('mutation ($id: ID!) { deleteSession(id: $id) { id } }', { id });
  const { database } = gateway.services;
  const counts = [database.sessionNode.count(), database.workspace.count(), database.agentNode.count()];
  expect(await Promise.all(counts)).toEqual([0, 0, 1]);
});

describe('those who watch a session', () => {
  const watchDocument = `subscription ($sessionId: ID!) { sessionEvents(sessionId: $sessionId) {
    ... on SessionNodeChanged { nodeId sessionNode { connection syncStatus node { displayName } } }
  } }`;

  /** What a watcher sees of nodes from now on. */
  async function watch(gateway: TestGateway, sessionId: string) {
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

  test('see its nodes attached, come, go, renamed and detached', async () => {
    await using gateway = await startTestGateway();
    const sessionId = await gateway.createSession();
    const seen = await watch(gateway, sessionId);
    const last = () => seen().at(-1);

    await gateway.query(attachDocument, { sessionId, nodeIds: ['laptop'] });
    const offline = { connection: 'OFFLINE', syncStatus: 'OFFLINE', node: { displayName: 'laptop' } };
    await expect.poll(last).toEqual({ nodeId: 'laptop', sessionNode: offline });

    const laptop = await startNode(gateway, 'laptop');
    const online = { connection: 'ONLINE', syncStatus: 'PENDING', node: { displayName: 'laptop' } };
    await expect.poll(last).toEqual({ nodeId: 'laptop', sessionNode: online });

    laptop.leave();
    await expect.poll(last).toEqual({ nodeId: 'laptop', sessionNode: offline });

    const rename = 'mutation { updateNode(nodeId: "laptop", input: { displayName: "Old one" }) { id } }';
    await gateway.query(rename);
    await expect.poll(last).toMatchObject({ sessionNode: { node: { displayName: 'Old one' } } });

    await gateway.query(detachDocument, { sessionId, nodeId: 'laptop' });
    await expect.poll(last).toEqual({ nodeId: 'laptop', sessionNode: null });
  });

  test('are not flooded by a node that comes and goes all the time, and see how it ends', async () => {
    await using gateway = await startTestGateway();
    const sessionId = await gateway.createSession({ nodeIds: ['laptop'] });
    const token = await registerNode(gateway, 'laptop');
    const seen = await watch(gateway, sessionId);
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
