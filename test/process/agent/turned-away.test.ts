import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { unusedPort } from '../../support/http/unused-port.ts';
import { openMachine, startLaptop } from '../../support/process/agent-laptop.ts';
import { spawnAgent, startAgent } from '../../support/process/agent-process.ts';

describe('an agent leaves for good, and says why,', () => {
  test.each([
    [
      'when its token is replaced',
      'mutation { rotateNodeToken(nodeId: "laptop") { token } }',
      'TOKEN_REVOKED',
    ],
    ['when its node is deleted', 'mutation { deleteNode(nodeId: "laptop") { nodeId } }', 'NODE_DELETED'],
    [
      'when its node is switched off',
      'mutation { updateNode(nodeId: "laptop", input: { isActive: false }) { nodeId } }',
      'NODE_DISABLED',
    ],
  ])('%s', async (_when, mutation, reason) => {
    await using laptop = await startLaptop();

    await laptop.gateway.query(mutation);

    expect(await laptop.agent.exited).toEqual({ code: 77, signal: null });
    expect(laptop.agent.stderr).toMatch(
      new RegExp(`^The gateway has closed the connection \\(${reason}\\): .*\\.\n$`),
    );
  });

  test('when another agent connects with its token', async () => {
    await using laptop = await startLaptop();
    const { gateway, token, machine } = laptop;

    await using _other = await startAgent(gateway.url, { token, ...machine });

    expect(await laptop.agent.exited).toEqual({ code: 77, signal: null });
    expect(laptop.agent.stderr).toContain('(TAKEN_OVER)');
  });

  test('when its token belongs to no node', async () => {
    await using gateway = await startTestGateway();
    await using machine = await openMachine();
    await using agent = spawnAgent(gateway.url, { token: `swn_${'x'.repeat(43)}`, ...machine });

    expect(await agent.exited).toEqual({ code: 77, signal: null });
    expect(agent.stderr).toMatch(
      /^The gateway refuses this agent \(UNAUTHENTICATED\): The token belongs to no node/,
    );
    expect(agent.stdout + agent.stderr).not.toContain('swn_x');
  });
});

describe('an agent that cannot start says so in one sentence and ends with 1', () => {
  const url = 'http://127.0.0.1:9';

  test('without a workspace', async () => {
    await using machine = await openMachine();
    await using agent = spawnAgent(url, { token: 'swn_x', workspace: join(machine.workspace, 'none') });
    expect(await agent.exited).toEqual({ code: 1, signal: null });
    expect(agent.stderr).toBe(`The workspace ${machine.workspace}/none is not a folder.\n`);
  });

  test('with a policy that has a mistake in it', async () => {
    await using machine = await openMachine('alow: [ls]');
    await using agent = spawnAgent(url, { token: 'swn_x', ...machine });
    expect(await agent.exited).toEqual({ code: 1, signal: null });
    expect(agent.stderr).toContain('unknown key "alow"');
  });

  test('with a malformed token, which the message does not show', async () => {
    await using machine = await openMachine();
    await using agent = spawnAgent(url, { token: 'swn_secret\nX-Other: 1', ...machine });
    expect(await agent.exited).toEqual({ code: 1, signal: null });
    expect(agent.stderr).toBe(
      'The token is not valid. It must be the one that `registerNode` returned: swn_….\n',
    );
  });

  test.each(['http://alice:p4ss@localhost:8000', 'alice:p4ss@localhost:8000', 'http://p4ss@localhost'])(
    'with a password in the address of the gateway, which is not shown: %s',
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

  test('with a gateway that is not an address', async () => {
    await using machine = await openMachine();
    await using agent = spawnAgent('localhost:8000', { token: 'swn_x', ...machine });
    expect(await agent.exited).toEqual({ code: 1, signal: null });
    expect(agent.stderr).toBe('The gateway must be an http: or https: URL, not "localhost:8000".\n');
  });
});

test('an agent waits for a gateway that is not there yet', async () => {
  await using machine = await openMachine();
  const port = await unusedPort();
  await using agent = spawnAgent(`http://127.0.0.1:${port}`, { token: 'swn_x', ...machine });

  await agent.printed(`offline: connect ECONNREFUSED 127.0.0.1:${port}. Trying again in`, 2);

  agent.kill('SIGINT');
  expect(await agent.exited).toEqual({ code: 0, signal: null });
});
