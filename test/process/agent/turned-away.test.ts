import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { unusedPort } from '../../support/http/unused-port.ts';
import { openMachine, startLaptop } from '../../support/process/agent-laptop.ts';
import { spawnAgent, startAgent } from '../../support/process/agent-process.ts';

describe('an agent that the gateway refuses', () => {
  test.each([
    ['its token is replaced', 'mutation { rotateNodeToken(nodeId: "laptop") { token } }', 'TOKEN_REVOKED'],
    ['its node is deleted', 'mutation { deleteNode(nodeId: "laptop") { nodeId } }', 'NODE_DELETED'],
    [
      'its node is switched off',
      'mutation { updateNode(nodeId: "laptop", input: { isActive: false }) { nodeId } }',
      'NODE_DISABLED',
    ],
  ])('an agent exits with 77 and says why when %s', async (_when, mutation, reason) => {
    await using laptop = await startLaptop();

    await laptop.gateway.query(mutation);

    expect(await laptop.agent.exited).toEqual({ code: 77, signal: null });
    expect(laptop.agent.stderr).toMatch(
      new RegExp(`^The gateway has closed the connection \\(${reason}\\): .*\\.\n$`),
    );
  });

  test('an agent exits with 77 when another agent connects with its token', async () => {
    await using laptop = await startLaptop();
    const { gateway, token, machine } = laptop;

    await using _other = await startAgent(gateway.url, { token, ...machine });

    expect(await laptop.agent.exited).toEqual({ code: 77, signal: null });
    expect(laptop.agent.stderr).toContain('(TAKEN_OVER)');
  });

  test('an agent whose token belongs to no node exits with 77 and does not print the token', async () => {
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
