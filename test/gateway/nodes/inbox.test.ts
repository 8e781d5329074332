import { describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { connectNode } from '../../support/node/node-client.ts';
import { connectionOf, registerNode, startNode } from '../../support/node/nodes.ts';

const rotate = 'mutation ($nodeId: String!) { rotateNodeToken(nodeId: $nodeId) { token } }';
const update =
  'mutation ($nodeId: String!, $input: UpdateNodeInput!) { updateNode(nodeId: $nodeId, input: $input) { isActive } }';
const remove = 'mutation ($nodeId: String!) { deleteNode(nodeId: $nodeId) { nodeId } }';

function becomes(gateway: TestGateway, nodeId: string, connection: string) {
  return expect.poll(() => connectionOf(gateway, nodeId), { timeout: 10_000 }).toBe(connection);
}

describe('an inbox', () => {
  test('begins with what the agent must know, and makes its node known', async () => {
    await using gateway = await startTestGateway();
    const token = await registerNode(gateway, 'laptop');
    expect(await connectionOf(gateway, 'laptop')).toBe('OFFLINE');

    await using laptop = connectNode(gateway.url, token, {
      capabilities: ['run_command'],
      maxDispatches: 3,
      running: ['of-another-gateway'],
    });

    expect(await laptop.next('InboxOpened')).toEqual({
      __typename: 'InboxOpened',
      seq: 0,
      node: { nodeId: 'laptop', connection: 'ONLINE' },
      epoch: expect.any(String),
      heartbeatMs: 10_000,
      unknownDispatchIds: ['of-another-gateway'],
    });
    const query = '{ agentNode(nodeId: "laptop") { capabilities maxDispatches lastSeenAt stats { at } } }';
    expect((await gateway.query(query)).agentNode).toEqual({
      capabilities: ['run_command'],
      maxDispatches: 3,
      lastSeenAt: expect.any(String),
      stats: null,
    });
  });

  test('is taken over by the next one of the same node, and the first agent is told', async () => {
    await using gateway = await startTestGateway();
    await using first = await startNode(gateway, 'laptop');

    await using second = connectNode(gateway.url, first.token);
    await second.next('InboxOpened');

    expect(await first.next('InboxClosed')).toMatchObject({ reason: 'TAKEN_OVER' });
    await first.ended;
    expect(await connectionOf(gateway, 'laptop')).toBe('ONLINE');
  });

  test.each([
    ['TOKEN_REVOKED', 'its token is replaced', rotate, {}],
    ['NODE_DISABLED', 'its node is switched off', update, { input: { isActive: false } }],
    ['NODE_DELETED', 'its node is deleted', remove, {}],
  ])('is closed with %s when %s', async (reason, _when, mutation, variables) => {
    await using gateway = await startTestGateway();
    await using laptop = await startNode(gateway, 'laptop');

    await gateway.query(mutation, { nodeId: 'laptop', ...variables });

    expect(await laptop.next('InboxClosed')).toMatchObject({ reason, message: expect.any(String) });
    await laptop.ended;
    if (reason !== 'NODE_DELETED') expect(await connectionOf(gateway, 'laptop')).toBe('OFFLINE');
  });

  test('is closed at once for a node that was switched off, until it is switched on again', async () => {
    await using gateway = await startTestGateway();
    const token = await registerNode(gateway, 'laptop');
    await gateway.query(update, { nodeId: 'laptop', input: { isActive: false } });

    await using refused = connectNode(gateway.url, token);
    await refused.ended;
    expect(refused.commands).toMatchObject([{ __typename: 'InboxClosed', reason: 'NODE_DISABLED' }]);

    await gateway.query(update, { nodeId: 'laptop', input: { isActive: true } });
    await using laptop = connectNode(gateway.url, token);
    await laptop.next('InboxOpened');
  });

  test('is closed when the gateway shuts down', async () => {
    await using gateway = await startTestGateway();
    await using laptop = await startNode(gateway, 'laptop');

    await gateway[Symbol.asyncDispose]();

    await laptop.ended;
    expect(laptop.commands.at(-1)).toMatchObject({ __typename: 'InboxClosed', reason: 'SHUTTING_DOWN' });
  });
});

describe('a node', () => {
  test('is offline when its agent leaves, and was last seen then', async () => {
    await using gateway = await startTestGateway();
    const laptop = await startNode(gateway, 'laptop');

    laptop.leave();

    await becomes(gateway, 'laptop', 'OFFLINE');
    const row = () => gateway.services.database.agentNode.findUnique({ where: { nodeId: 'laptop' } });
    const { lastSeenAt } = (await gateway.query('{ agentNode(nodeId: "laptop") { lastSeenAt } }')).agentNode;
    await expect.poll(async () => (await row())?.lastSeenAt?.toISOString()).toBe(lastSeenAt);
  });

  test('is offline while its agent is silent, and shows what it measures when it is not', async () => {
    await using gateway = await startTestGateway({ settings: { NODE_HEARTBEAT_MS: '50' } });
    await using laptop = await startNode(gateway, 'laptop');
    await becomes(gateway, 'laptop', 'OFFLINE');

    expect(await laptop.beat(['nobody-waits'])).toEqual(['nobody-waits']);

    const query = `{ agentNode(nodeId: "laptop") { connection stats {
      cpuPercent memoryUsedBytes memoryTotalBytes loadAverage runningDispatches uptimeSeconds
    } } }`;
    expect((await gateway.query(query)).agentNode).toEqual({
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
});
