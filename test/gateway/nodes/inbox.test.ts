import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { connectNode } from '../../support/node/node-client.ts';
import { connectionOf, registerNode, startNode } from '../../support/node/nodes.ts';
import { startOwnNode } from './own-node.ts';

const rotate = 'mutation ($nodeId: String!) { rotateNodeToken(nodeId: $nodeId) { token } }';
const update =
  'mutation ($nodeId: String!, $input: UpdateNodeInput!) { updateNode(nodeId: $nodeId, input: $input) { isActive } }';
const remove = 'mutation ($nodeId: String!) { deleteNode(nodeId: $nodeId) { nodeId } }';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

function untilOffline(on: TestGateway, nodeId: string) {
  return expect.poll(() => connectionOf(on, nodeId), { timeout: 10_000 }).toBe('OFFLINE');
}

test('an inbox begins with InboxOpened, and opening it stores what the agent says about the node', async () => {
  const token = await registerNode(gateway, 'fresh');
  expect(await connectionOf(gateway, 'fresh')).toBe('OFFLINE');

  await using laptop = connectNode(gateway.url, token, {
    capabilities: ['run_command'],
    maxDispatches: 3,
    running: ['of-another-gateway'],
  });

  expect(await laptop.next('InboxOpened')).toEqual({
    __typename: 'InboxOpened',
    seq: 0,
    node: { nodeId: 'fresh', connection: 'ONLINE' },
    epoch: expect.any(String),
    heartbeatMs: 10_000,
    unknownDispatchIds: ['of-another-gateway'],
  });
  const query = '{ agentNode(nodeId: "fresh") { capabilities maxDispatches lastSeenAt stats { at } } }';
  expect((await gateway.query(query)).agentNode).toEqual({
    capabilities: ['run_command'],
    maxDispatches: 3,
    lastSeenAt: expect.any(String),
    stats: null,
  });
});

test('a second inbox of a node replaces the first, and the first agent is told TAKEN_OVER', async () => {
  await using first = await startOwnNode(gateway, 'laptop');

  await using second = connectNode(gateway.url, first.token);
  await second.next('InboxOpened');

  expect(await first.next('InboxClosed')).toMatchObject({ reason: 'TAKEN_OVER' });
  await first.ended;
  expect(await connectionOf(gateway, 'laptop')).toBe('ONLINE');
});

test.each([
  ['TOKEN_REVOKED', 'its token is replaced', rotate, {}],
  ['NODE_DISABLED', 'its node is disabled', update, { input: { isActive: false } }],
  ['NODE_DELETED', 'its node is deleted', remove, {}],
])('an inbox is closed with %s when %s', async (reason, _when, mutation, variables) => {
  await using laptop = await startOwnNode(gateway, 'laptop');

  await gateway.query(mutation, { nodeId: 'laptop', ...variables });

  expect(await laptop.next('InboxClosed')).toMatchObject({ reason, message: expect.any(String) });
  await laptop.ended;
  if (reason !== 'NODE_DELETED') expect(await connectionOf(gateway, 'laptop')).toBe('OFFLINE');
});

test('the inbox of a disabled node is closed at once, and opens after the node is enabled again', async () => {
  const token = await registerNode(gateway, 'disabled');
  await gateway.query(update, { nodeId: 'disabled', input: { isActive: false } });

  await using refused = connectNode(gateway.url, token);
  await refused.ended;
  expect(refused.commands).toMatchObject([{ __typename: 'InboxClosed', reason: 'NODE_DISABLED' }]);

  await gateway.query(update, { nodeId: 'disabled', input: { isActive: true } });
  await using laptop = connectNode(gateway.url, token);
  await laptop.next('InboxOpened');
});

test('an inbox is closed with SHUTTING_DOWN when the gateway shuts down', async () => {
  await using stopping = await startTestGateway();
  await using laptop = await startNode(stopping, 'laptop');

  await stopping[Symbol.asyncDispose]();

  await laptop.ended;
  expect(laptop.commands.at(-1)).toMatchObject({ __typename: 'InboxClosed', reason: 'SHUTTING_DOWN' });
});

test('a node is OFFLINE after its agent has left, and the time of leaving is stored as lastSeenAt', async () => {
  await using laptop = await startOwnNode(gateway, 'laptop');

  laptop.leave();

  await untilOffline(gateway, 'laptop');
  const row = () => gateway.services.database.agentNode.findFirst({ where: { nodeId: 'laptop' } });
  const { lastSeenAt } = (await gateway.query('{ agentNode(nodeId: "laptop") { lastSeenAt } }')).agentNode;
  await expect.poll(async () => (await row())?.lastSeenAt?.toISOString()).toBe(lastSeenAt);
});

test('a node is OFFLINE while its agent sends no heartbeats, and a heartbeat shows its stats again', async () => {
  await using strict = await startTestGateway({ settings: { NODE_HEARTBEAT_MS: '50' } });
  await using laptop = await startNode(strict, 'laptop');
  await untilOffline(strict, 'laptop');

  expect(await laptop.beat(['unknown-dispatch'])).toEqual(['unknown-dispatch']);

  const query = `{ agentNode(nodeId: "laptop") { connection stats {
      cpuPercent memoryUsedBytes memoryTotalBytes loadAverage runningDispatches uptimeSeconds
    } } }`;
  expect((await strict.query(query)).agentNode).toEqual({
    connection: 'ONLINE',
    stats: {
      cpuPercent: 12.5,
      memoryUsedBytes: 2_000_000_000,
      memoryTotalBytes: 8_000_000_000,
      loadAverage: 0.5,
      runningDispatches: 1,
      uptimeSeconds: 60,
    },
  });
  expect(laptop.commands).toHaveLength(1);
});
