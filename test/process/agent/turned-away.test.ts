import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { unusedPort } from '../../support/http/unused-port.ts';
import { registerNode } from '../../support/node/nodes.ts';
import { type Machine, openMachine } from '../../support/process/agent-laptop.ts';
import { spawnAgent, startAgent } from '../../support/process/agent-process.ts';

describe('an agent that the gateway refuses', () => {
  let gateway: TestGateway;
  let machine: Machine;

  beforeAll(async () => {
    gateway = await startTestGateway();
    machine = await openMachine();
  });

  afterAll(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await machine?.[Symbol.asyncDispose]();
  });

  test.each([
    ['its token is replaced', 'rotateNodeToken(nodeId: $nodeId) { token }', 'TOKEN_REVOKED'],
    ['its node is deleted', 'deleteNode(nodeId: $nodeId) { nodeId }', 'NODE_DELETED'],
    [
      'its node is switched off',
      'updateNode(nodeId: $nodeId, input: { isActive: false }) { nodeId }',
      'NODE_DISABLED',
    ],
  ])('an agent exits with 77 and says why when %s', async (_when, field, reason) => {
    const nodeId = reason.toLowerCase();
    const token = await registerNode(gateway, nodeId);
    await using agent = await startAgent(gateway.url, { token, ...machine });

    await gateway.query(`mutation ($nodeId: String!) { ${field} }`, { nodeId });

    expect(await agent.exited).toEqual({ code: 77, signal: null });
    expect(agent.stderr).toMatch(
      new RegExp(`^The gateway has closed the connection \\(${reason}\\): .*\\.\n$`),
    );
  });

  test('an agent exits with 77 when another agent connects with its token', async () => {
    const token = await registerNode(gateway, 'laptop');
    await using agent = await startAgent(gateway.url, { token, ...machine });

    await using _other = await startAgent(gateway.url, { token, ...machine });

    expect(await agent.exited).toEqual({ code: 77, signal: null });
    expect(agent.stderr).toContain('(TAKEN_OVER)');
  });

  test('an agent whose token belongs to no node exits with 77 and does not print the token', async () => {
    await using agent = spawnAgent(gateway.url, { token: `swn_${'x'.repeat(43)}`, ...machine });

    expect(await agent.exited).toEqual({ code: 77, signal: null });
    expect(agent.stderr).toMatch(
      /^The gateway refuses this agent \(UNAUTHENTICATED\): The token belongs to no node/,
    );
    expect(agent.stdout + agent.stderr).not.toContain('swn_x');
  });
});

describe('an agent that cannot start', () => {
  const url = 'http://127.0.0.1:9';

  test('an agent whose workspace does not exist exits with 1 and says so', async () => {
    await using machine = await openMachine();
    await using agent = spawnAgent(url, { token: 'swn_x', workspace: join(machine.workspace, 'none') });
    expect(await agent.exited).toEqual({ code: 1, signal: null });
    expect(agent.stderr).toBe(`The workspace ${machine.workspace}/none is not a folder.\n`);
  });

  test('an agent whose policy has an unknown key exits with 1 and names the key', async () => {
    await using machine = await openMachine('alow: [ls]');
    await using agent = spawnAgent(url, { token: 'swn_x', ...machine });
    expect(await agent.exited).toEqual({ code: 1, signal: null });
    expect(agent.stderr).toContain('unknown key "alow"');
  });

  test('an agent whose token is malformed exits with 1 and does not print the token', async () => {
    await using machine = await openMachine();
    await using agent = spawnAgent(url, { token: 'swn_secret\nX-Other: 1', ...machine });
    expect(await agent.exited).toEqual({ code: 1, signal: null });
    expect(agent.stderr).toBe(
      'The token is not valid. It must be the one that `registerNode` returned: swn_….\n',
    );
  });

  test.each(['http://alice:p4ss@localhost:8000', 'alice:p4ss@localhost:8000', 'http://p4ss@localhost'])(
    'an agent whose gateway URL has a password exits with 1 and does not print the password: %s',
    async (address) => {
      await using machine = await openMachine();
      await using agent = spawnAgent(address, { token: 'swn_x', ...machine });
      expect(await agent.exited).toEqual({ code: 1, signal: null });
      expect(agent.stderr).toBe(
        'The URL of the gateway must not contain a user name, a password or an "@".\n',
      );
      expect(agent.stdout).not.toContain('p4ss');
    },
  );

  test('an agent whose gateway is not a URL exits with 1 and says so', async () => {
    await using machine = await openMachine();
    await using agent = spawnAgent('localhost:8000', { token: 'swn_x', ...machine });
    expect(await agent.exited).toEqual({ code: 1, signal: null });
    expect(agent.stderr).toBe('The gateway must be an http: or https: URL, not "localhost:8000".\n');
  });
});

test('an agent keeps trying to connect to a gateway that has not started', async () => {
  await using machine = await openMachine();
  const port = await unusedPort();
  await using agent = spawnAgent(`http://127.0.0.1:${port}`, { token: 'swn_x', ...machine });

  await agent.printed(`offline: connect ECONNREFUSED 127.0.0.1:${port}. Trying again in`, 2);

  agent.kill('SIGINT');
  expect(await agent.exited).toEqual({ code: 0, signal: null });
});
