import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { type Machine, openMachine } from '../../support/process/agent-laptop.ts';
import { spawnAgent } from '../../support/process/agent-process.ts';
import { programFile } from '../../support/suite/built.ts';

/** A server that an agent takes for its gateway. */
async function startFakeGateway(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const agentOf = (url: string, machine: Machine, args: readonly string[] = []) =>
  spawnAgent(url, { token: 'swn_x', ...machine, args });

test.each([301, 302, 307, 308])(
  'an agent does not follow a redirect with status %d, and says where it leads',
  async (status) => {
    const asked: unknown[] = [];
    await using target = await startFakeGateway((request, response) => {
      asked.push(request.url);
      response.end('{}');
    });
    await using gateway = await startFakeGateway((_request, response) => {
      response.writeHead(status, { location: `${target.url}/graphql/stream` }).end();
    });
    await using machine = await openMachine();
    await using agent = agentOf(gateway.url, machine);

    await agent.printed(
      `offline: The gateway answers with a redirect to ${target.url}/graphql/stream, which is not followed. Trying again in`,
      2,
    );
    expect(asked).toEqual([]);
  },
);

test('an agent waits as long as the gateway asks for with Retry-After', async () => {
  await using gateway = await startFakeGateway((_request, response) => {
    const errors = [{ message: 'Too many.', extensions: { code: 'RATE_LIMITED' } }];
    response.writeHead(429, { 'retry-after': '70' }).end(JSON.stringify({ errors }));
  });
  await using machine = await openMachine();
  await using agent = agentOf(gateway.url, machine);

  await agent.printed('offline: Too many. Trying again in 70.0 s.');
});

test.each([
  ['RATE_LIMITED', 'stdout'],
  ['FORBIDDEN', 'stderr'],
] as const)(
  'an agent escapes invisible and control characters of an error %s of the gateway',
  async (code, stream) => {
    await using gateway = await startFakeGateway((_request, response) => {
      const errors = [{ message: 'No\u001b[2J\u202e\u200b\ufe0f\u00a0\n\u0085!', extensions: { code } }];
      response.writeHead(429).end(JSON.stringify({ errors }));
    });
    await using machine = await openMachine();
    await using agent = agentOf(gateway.url, machine);

    if (stream === 'stdout') await agent.printed('offline: ');
    else await agent.exited;
    expect(agent[stream]).toContain('No\\u{1b}[2J\\u{202e}\\u{200b}\\u{fe0f}\\u{a0}\\n\\u{85}!');
  },
);

test.each([
  ['http://gateway.invalid', true],
  ['http://127.0.0.1.invalid', true],
  ['http://gateway.localhost', true],
  ['https://gateway.invalid', false],
  ['http://127.0.0.1:9', false],
  ['http://localhost:9', false],
  ['http://[::1]:9', false],
])(
  'an agent warns of a gateway URL that sends the token over the network unencrypted: %s %j',
  async (url, isWarned) => {
    await using machine = await openMachine();
    await using agent = agentOf(url, machine);
    await agent.printed('policy, workspace');
    expect(agent.stdout.includes('warning: the gateway has an http: URL')).toBe(isWarned);
  },
);

test('an agent reads its token from a file, and says which sources there are if it has no token', async () => {
  await using gateway = await startFakeGateway((request, response) => {
    const errors = [{ message: `${request.headers.authorization}`, extensions: { code: 'FORBIDDEN' } }];
    response.writeHead(403).end(JSON.stringify({ errors }));
  });
  await using machine = await openMachine();
  const { workspace } = machine;
  const file = join(workspace, 'token');
  await writeFile(file, 'swn_from_file\n');
  const run = async (args: string[]) => {
    await using agent = spawnAgent(gateway.url, { workspace, args });
    const { code } = await agent.exited;
    return `${code} ${agent.stderr}`;
  };

  expect(await run(['--token-file', file])).toContain(
    '77 The gateway refuses this agent (FORBIDDEN): Bearer swn_from_file',
  );
  expect(await run(['--token', 'swn_option'])).toContain('Bearer swn_option');
  expect(await run([])).toContain('1 The agent needs the token of its node: set SWITCHYARD_TOKEN');
  expect(await run(['--token-file', `${file}-missing`])).toContain('1 The token file cannot be read: ENOENT');
  expect(await run(['--token-file', file, '--token', 'x'])).toContain(
    "option '--token <token>' cannot be used with option",
  );
});

test('an agent goes on when nobody reads its output any more, and keeps its exit code', async () => {
  let isRefused = false;
  let asked = 0;
  await using gateway = await startFakeGateway((_request, response) => {
    asked += 1;
    const errors = [{ message: 'No.', extensions: { code: isRefused ? 'FORBIDDEN' : 'RATE_LIMITED' } }];
    response.writeHead(isRefused ? 403 : 429).end(JSON.stringify({ errors }));
  });
  await using machine = await openMachine();
  const args = ['agent', '--gateway', gateway.url, '--workspace', machine.workspace];
  const agent = spawn(process.execPath, [programFile, ...args], {
    env: { PATH: process.env['PATH'], SWITCHYARD_TOKEN: 'swn_x' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(agent, 'exit');
  agent.stdout.destroy();
  agent.stderr.destroy();

  await expect.poll(() => asked, { timeout: 10_000 }).toBeGreaterThan(2);
  isRefused = true;

  expect(await exited).toEqual([77, null]);
});

test('an agent ends within a bounded time after one signal, and at once after the next, if a file never answers', async () => {
  await using machine = await openMachine();
  const start = (name: string) => {
    const pipe = join(machine.workspace, name);
    execFileSync('mkfifo', [pipe]);
    const args = ['--token-file', pipe];
    return { pipe, agent: spawnAgent('http://127.0.0.1:9', { workspace: machine.workspace, args }) };
  };
  const [patient, hasty] = [start('a'), start('b')];
  await using _patient = patient.agent;
  await using _hasty = hasty.agent;
  const writers = [await openForReader(patient.pipe), await openForReader(hasty.pipe)];

  patient.agent.kill('SIGTERM');
  let isGone = false;
  void hasty.agent.exited.then(() => {
    isGone = true;
  });
  const signalAgain = () => {
    hasty.agent.kill('SIGINT');
    return isGone;
  };
  await expect.poll(signalAgain, { timeout: 5_000 }).toBe(true);

  expect((await hasty.agent.exited).signal).toBe('SIGKILL');
  expect((await patient.agent.exited).signal).toBe('SIGKILL');
  writers.forEach(closeSync);
});

/** Opens a pipe for writing as soon as another process reads it. The reader then waits for text that never comes. */
async function openForReader(pipe: string): Promise<number> {
  const open = () => openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
  return vi.waitFor(open, { timeout: 10_000 });
}
