import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { text, toolCall } from '../../support/model/turn.ts';
import { endsOf, run } from '../../support/node/agent-calls.ts';
import { registerNode } from '../../support/node/nodes.ts';
import { openMachine } from '../../support/process/agent-laptop.ts';
import { startAgent } from '../../support/process/agent-process.ts';
import { startScriptedProcess } from '../../support/process/scripted-process.ts';
import { readTexts } from '../../support/sync/replicas.ts';
import { ReplicaClient, shareFiles } from '../../support/workspace/replica-client.ts';

const statusDocument = `query ($id: ID!) { session(id: $id) { nodes { node { nodeId } syncStatus manifestHash error } } }`;

async function openHouse() {
  const gateway = await startScriptedProcess();
  const [laptop, server] = [await openMachine(), await openMachine()];
  const tokens = [await registerNode(gateway, 'laptop'), await registerNode(gateway, 'server')] as const;
  const sessionId = await gateway.createSession({ toolApproval: 'AUTO' });
  return {
    gateway,
    laptop,
    server,
    tokens,
    sessionId,
    start: (index: 0 | 1) =>
      startAgent(gateway.url, { token: tokens[index], ...[laptop, server][index] } as Parameters<
        typeof startAgent
      >[1]),
    async statuses() {
      const { session } = await gateway.query(statusDocument, { id: sessionId });
      return session.nodes as { syncStatus: string; manifestHash: string; error: string | null }[];
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await Promise.all([laptop[Symbol.asyncDispose](), server[Symbol.asyncDispose]()]);
    },
  };
}

test('the files of the lead come to the other node, and what a tool changes is on the gateway before its result', {
  timeout: 120_000,
}, async () => {
  await using house = await openHouse();
  const { gateway, laptop, server, tokens, sessionId } = house;
  await mkdir(join(laptop.workspace, 'project/src'), { recursive: true });
  await writeFile(join(laptop.workspace, 'project/src/main.ts'), 'one');
  await using first = await house.start(0);
  await using second = await house.start(1);
  const workspace = { source: 'NODE_LOCAL', sourceNodeId: 'laptop', path: 'project' };
  const id = await shareFiles(gateway, sessionId, ['laptop', 'server'], workspace);
  const copy = join(server.workspace, '.switchyard', id);
  await expect
    .poll(() => house.statuses(), { timeout: 30_000 })
    .toMatchObject([{ syncStatus: 'SYNCED' }, { syncStatus: 'SYNCED' }]);
  await expect.poll(() => readTexts(copy)).toEqual({ 'src/main.ts': 'one' });
  const [left, right] = await house.statuses();
  expect(left?.manifestHash).toBe(right?.manifestHash);

  gateway.model.script(
    [toolCall('a', 'write_file', { node: 'server', path: 'src/new.ts', content: 'two' })],
    [run('mv src/main.ts src/moved.ts; pwd', 'b', { node: 'server' })],
    [toolCall('c', 'list_files', { node: 'laptop', path: '.' })],
    [text('Done.')],
  );
  const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Work' }));
  const ends = Object.values(endsOf(seen));
  expect(ends.map((end) => end['result'])).toMatchObject([
    'Created "src/new.ts": 3 B.',
    expect.stringContaining(`/.switchyard/${id}`),
    expect.anything(),
  ]);
  const client = new ReplicaClient(`${gateway.url}/workspaces/${id}`, tokens[0]);
  expect(await client.paths()).toEqual(['src/moved.ts', 'src/new.ts']);
  await expect
    .poll(() => readTexts(join(laptop.workspace, 'project')))
    .toEqual({ 'src/moved.ts': 'one', 'src/new.ts': 'two' });
  await first.printed(`workspace ${id} in "project": synced`);
  await second.printed(`: synced`);
});

test('an agent that was killed goes on where it was, and finds what has changed meanwhile', {
  timeout: 120_000,
}, async () => {
  await using house = await openHouse();
  const { gateway, laptop, server, sessionId } = house;
  for (let n = 0; n < 300; n += 1) await writeFile(join(laptop.workspace, `${n}.txt`), `text ${n}`);
  await using _first = await house.start(0);
  const killed = await house.start(1);
  const id = await shareFiles(gateway, sessionId, ['laptop', 'server'], {
    source: 'NODE_LOCAL',
    sourceNodeId: 'laptop',
  });
  const copy = join(server.workspace, '.switchyard', id);
  await expect
    .poll(() => readFile(join(copy, '0.txt'), 'utf8').catch(() => ''), { timeout: 30_000 })
    .not.toBe('');
  killed.kill('SIGKILL');
  await killed.exited;
  await rm(join(laptop.workspace, '1.txt'));
  await writeFile(join(laptop.workspace, '2.txt'), 'changed');
  await writeFile(join(copy, 'mine.txt'), 'mine').catch(() => undefined);
  await using _again = await house.start(1);
  const isSame = () => JSON.stringify(readTexts(copy)) === JSON.stringify(readTexts(laptop.workspace));
  await expect.poll(() => Object.keys(readTexts(laptop.workspace)).length, { timeout: 30_000 }).toBe(300);
  await expect.poll(isSame, { timeout: 30_000 }).toBe(true);
  expect(readTexts(copy)).toMatchObject({ '2.txt': 'changed', 'mine.txt': 'mine' });
});

test('a path that leads out of the folder of the agent is an error that both sides tell', async () => {
  await using house = await openHouse();
  const { gateway, sessionId } = house;
  await using agent = await house.start(0);
  await shareFiles(gateway, sessionId, ['laptop'], {
    source: 'NODE_LOCAL',
    sourceNodeId: 'laptop',
    path: '/etc',
  });
  await agent.printed('"/etc" is not a path in the folder of the agent.');
  await expect
    .poll(() => house.statuses())
    .toMatchObject([{ syncStatus: 'ERROR', error: '"/etc" is not a path in the folder of the agent.' }]);
});

test('files are read without the agent while it has nothing else, and by the agent otherwise', {
  timeout: 60_000,
}, async () => {
  await using house = await openHouse();
  const { gateway, laptop, sessionId } = house;
  await writeFile(join(laptop.workspace, 'a.txt'), 'one\n');
  await using agent = await house.start(0);
  await shareFiles(gateway, sessionId, ['laptop'], { source: 'NODE_LOCAL', sourceNodeId: 'laptop' });
  const isSynced = async () => (await house.statuses())[0]?.syncStatus;
  await expect.poll(isSynced, { timeout: 30_000 }).toBe('SYNCED');
  const ask = async (...steps: ReturnType<typeof toolCall>[]) => {
    gateway.model.script(...steps.map((step) => [step]), [text('Done.')]);
    return await collect(chat(gateway.client(), { sessionId, prompt: 'Read' }));
  };
  const there = join(laptop.workspace, 'a.txt');
  const seen = await ask(
    toolCall('a', 'read_file', { path: 'a.txt' }),
    toolCall('b', 'read_file', { path: there }),
  );
  await agent.printed(`read_file (without asking)  ${there}`);
  expect(agent.stdout).not.toContain('read_file (without asking)  a.txt');
  expect(endsOf(seen)).toMatchObject({ a: { result: 'one\n' }, b: { result: 'one\n' } });
  const starts = seen.filter(({ __typename }) => __typename === 'ToolCallStarted');
  expect(starts).toMatchObject([{ node: { nodeId: 'laptop' } }, { node: { nodeId: 'laptop' } }]);
  const after = await ask(
    toolCall('c', 'write_file', { path: 'a.txt', content: 'two\n' }),
    toolCall('d', 'read_file', { path: 'a.txt' }),
    run('echo three > a.txt', 'e'),
    toolCall('f', 'search_files', { pattern: '.', path: 'a.txt' }),
  );
  expect(endsOf(after)).toMatchObject({ d: { result: 'two\n' }, f: { result: 'a.txt:1: three' } });
});
