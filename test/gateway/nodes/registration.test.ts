import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { openMigratedFolder } from '../../support/gateway/migrated-folder.ts';
import { usesPostgres } from '../../support/gateway/postgres-database.ts';
import { connectNode } from '../../support/node/node-client.ts';
import { asNode } from '../../support/node/node-reports.ts';
import { registerNode } from '../../support/node/nodes.ts';

const register =
  'mutation ($input: RegisterNodeInput!) { registerNode(input: $input) { token node { nodeId displayName description isRegistered isActive connection } } }';
const rotate = 'mutation ($nodeId: String!) { rotateNodeToken(nodeId: $nodeId) { token } }';
const attach =
  'mutation ($sessionId: ID!, $nodeIds: [String!]!) { attachNodes(sessionId: $sessionId, nodeIds: $nodeIds) { id } }';
const beat = `mutation { nodeHeartbeat(running: [], stats: {
  cpuPercent: 0, memoryUsedBytes: 0, memoryTotalBytes: 0, loadAverage: 0, runningDispatches: 0, uptimeSeconds: 0
}) { unknownDispatchIds } }`;

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** The error code that a heartbeat with this token gets; undefined if it is accepted. */
async function codeFor(token: string): Promise<unknown> {
  const { errors } = await asNode(gateway.url, token, beat);
  return errors?.[0]?.extensions['code'];
}

describe('registering a node', () => {
  test.skipIf(usesPostgres)(
    'registering a node returns its token, and the database stores only a hash of it',
    async () => {
      await using folder = await openMigratedFolder();
      await using own = await startTestGateway({ dataDir: folder.path });
      const input = { nodeId: 'laptop', displayName: 'Alice’s laptop', description: 'For builds.' };

      const { token, node } = (await own.query(register, { input })).registerNode;

      expect(token).toMatch(/^swn_[\w-]{43}$/);
      expect(node).toEqual({ ...input, isRegistered: true, isActive: true, connection: 'OFFLINE' });
      await own[Symbol.asyncDispose]();
      const stored = await readFile(join(folder.path, 'switchyard.db'), 'latin1');
      expect(stored).toContain(createHash('sha256').update(token).digest('hex'));
      expect(stored).not.toContain(token.slice(4));
    },
  );

  test('registering a node twice is refused with CONFLICT, and the first token stays valid', async () => {
    const token = await registerNode(gateway, 'desk');

    const { errors } = await gateway.graphql(register, { input: { nodeId: 'desk' } });

    expect(errors?.[0]).toMatchObject({
      message: 'The node "desk" is registered. To replace its token, use rotateNodeToken.',
      extensions: { code: 'CONFLICT', field: 'input.nodeId' },
    });
    expect(await codeFor(token)).toBeUndefined();
  });

  test('a node that was attached before it was registered can be registered', async () => {
    const sessionId = await gateway.createSession();
    await gateway.query(attach, { sessionId, nodeIds: ['later'] });
    const query = '{ agentNode(nodeId: "later") { isRegistered displayName } }';
    expect((await gateway.query(query)).agentNode).toEqual({ isRegistered: false, displayName: 'later' });

    const token = await registerNode(gateway, 'later');

    expect((await gateway.query(query)).agentNode.isRegistered).toBe(true);
    expect(await codeFor(token)).toBeUndefined();
  });
});

describe('a token', () => {
  test('a rotated token is refused, and the new token is accepted', async () => {
    const old = await registerNode(gateway, 'phone');

    const { token } = (await gateway.query(rotate, { nodeId: 'phone' })).rotateNodeToken;

    expect(await codeFor(old)).toBe('UNAUTHENTICATED');
    expect(await codeFor(token)).toBeUndefined();
  });

  test('an unknown node token is refused with 401 over GraphQL, REST and graphql-sse', async () => {
    const headers = { 'content-type': 'application/json', authorization: 'Bearer swn_nobody' };
    const body = JSON.stringify({ query: '{ models { modelName } }' });
    const response = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body });
    expect(response.status).toBe(401);
    expect(((await response.json()) as { errors: object[] }).errors[0]).toMatchObject({
      message: expect.stringContaining('belongs to no node'),
      extensions: { code: 'UNAUTHENTICATED' },
    });

    const rest = await gateway.rest('/sessions/1', { headers });
    expect(rest.status).toBe(401);
    expect(await rest.json()).toEqual({ detail: expect.stringContaining('belongs to no node') });

    await using stranger = connectNode(gateway.url, 'swn_nobody');
    await expect(stranger.ended).rejects.toMatchObject({ response: { status: 401 } });
  });

  test('a heartbeat without a node token is refused, and another Authorization header is ignored with AUTH=none', async () => {
    const { errors } = await gateway.graphql(beat);
    expect(errors?.[0]?.extensions).toEqual({ code: 'UNAUTHENTICATED' });

    const headers = { 'content-type': 'application/json', authorization: 'Bearer of-somebody-else' };
    const body = JSON.stringify({ query: '{ viewer { userId } }' });
    const response = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body });
    expect(await response.json()).toEqual({ data: { viewer: { userId: 'anonymous' } } });
  });
});

describe('a node that there is not', () => {
  test.each([
    ['rotated', rotate],
    ['changed', 'mutation ($nodeId: String!) { updateNode(nodeId: $nodeId, input: {}) { id } }'],
    ['deleted', 'mutation ($nodeId: String!) { deleteNode(nodeId: $nodeId) { nodeId } }'],
  ])('a node that does not exist cannot be %s', async (_what, mutation) => {
    const { errors } = await gateway.graphql(mutation, { nodeId: 'nowhere' });
    expect(errors?.[0]).toMatchObject({
      message: 'There is no node "nowhere".',
      extensions: { code: 'NOT_FOUND' },
    });
  });
});

test('nodes can be changed, listed newest first, found by id and deleted', async () => {
  for (const nodeId of ['one', 'two', 'three']) await registerNode(gateway, nodeId);
  const change =
    'mutation ($input: UpdateNodeInput!) { updateNode(nodeId: "two", input: $input) { displayName description } }';
  const input = { displayName: 'Number two', description: 'A spare.' };
  expect((await gateway.query(change, { input })).updateNode).toEqual(input);
  expect((await gateway.query(change, { input: { displayName: null } })).updateNode).toEqual({
    displayName: 'two',
    description: 'A spare.',
  });

  const list = '{ agentNodes(first: 2) { edges { node { id nodeId } } pageInfo { hasNextPage } } }';
  const { edges, pageInfo } = (await gateway.query(list)).agentNodes;
  expect(edges.map(({ node }: { node: { nodeId: string } }) => node.nodeId)).toEqual(['three', 'two']);
  expect(pageInfo.hasNextPage).toBe(true);
  const byId = 'query ($id: ID!) { node(id: $id) { ... on AgentNode { nodeId } } }';
  expect((await gateway.query(byId, { id: edges[0].node.id })).node).toEqual({ nodeId: 'three' });

  const remove = 'mutation { deleteNode(nodeId: "three") { deletedAgentNodeId nodeId } }';
  expect((await gateway.query(remove)).deleteNode).toEqual({
    deletedAgentNodeId: edges[0].node.id,
    nodeId: 'three',
  });
  expect((await gateway.query(byId, { id: edges[0].node.id })).node).toBeNull();
  expect((await gateway.query('{ agentNode(nodeId: "three") { id } }')).agentNode).toBeNull();
});
