import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collect, type SeenRunEvent, until } from '../../support/gateway/chat.ts';
import { startCuttingProxy } from '../../support/http/cutting-proxy.ts';
import { text, toolCall } from '../../support/model/turn.ts';
import { connectionOf } from '../../support/node/nodes.ts';
import { type Laptop, startLaptop } from '../../support/process/agent-laptop.ts';
import { isRunning, processEnded } from '../../support/process/process-state.ts';

const shell = promisify(execFile);
const run = (command: string, id = 'a') => toolCall(id, 'run_command', { command });

/** The run events that say how the tool calls ended. */
function endsOf(seen: SeenRunEvent[]): SeenRunEvent[] {
  return seen.filter(({ __typename }) => __typename === 'ToolCallFinished');
}

/** Lets the model run a command that prints its process id and runs until it is stopped. */
async function startEndless(laptop: Laptop): Promise<{ pid: number; runId: string }> {
  laptop.gateway.model.script([run('echo $$; exec sleep 600')], [text('Oh.')]);
  const seen = await until(await laptop.ask(), 'ToolOutputDelta');
  const last = seen.at(-1);
  return { pid: Number(last?.text), runId: last?.runId ?? '' };
}

describe('an agent that runs', () => {
  let laptop: Laptop;

  beforeAll(async () => {
    laptop = await startLaptop();
  });

  afterAll(() => laptop?.[Symbol.asyncDispose]());

  test('an agent reports the state of its machine as soon as it is connected', async () => {
    const query = `{ agentNode(nodeId: "laptop") { connection maxDispatches capabilities
    stats { cpuPercent memoryUsedBytes memoryTotalBytes loadAverage runningDispatches uptimeSeconds } } }`;
    const look = async () => (await laptop.gateway.query(query)).agentNode;
    await expect.poll(async () => (await look()).stats).not.toBeNull();

    const { stats, ...node } = await look();
    expect(node).toEqual({
      connection: 'ONLINE',
      maxDispatches: 4,
      capabilities: ['run_command', 'read_file', 'write_file', 'edit_file', 'list_files', 'search_files'],
    });
    expect(stats.cpuPercent).toBeLessThanOrEqual(100);
    expect(stats.memoryUsedBytes).toBeLessThan(stats.memoryTotalBytes);
    expect(stats).toMatchObject({ runningDispatches: 0 });
    expect(stats.uptimeSeconds).toBeGreaterThan(0);
  });

  test('an agent runs a command, prints it, and sends its output while it runs', async () => {
    laptop.gateway.model.script([run('mkfifo pipe; echo ready; cat pipe')], [text('Done.')]);
    const seen = await until(await laptop.ask(), 'ToolOutputDelta', 'ready\n');

    // The command cannot end before this.
    await shell('sh', ['-c', 'echo go > pipe'], { cwd: laptop.machine.workspace });
    const all = await laptop.follow(seen[0]?.runId);

    expect(endsOf(all)).toMatchObject([{ status: 'SUCCEEDED', result: 'ready\ngo\n', exitCode: 0 }]);
    expect(laptop.agent.stdout).toMatch(
      /run_command \(without asking\) {2}mkfifo pipe; echo ready; cat pipe\n.* → exit 0 in \S+ m?s, 9 B\n/,
    );
  });

  test('an agent prints plain text without control characters and without its token', async () => {
    laptop.gateway.model.script([run('exit 3 # \u001b[2J\u202e\nls')], [text('Done.')]);

    await collect(await laptop.ask());

    const { stdout, stderr } = laptop.agent;
    expect(stdout).toContain('run_command  exit 3 # \\u{1b}[2J\\u{202e}\\nls  → exit 3 in ');
    expect(stdout + stderr).not.toContain(laptop.token);
  });

  test('cancelling a run ends its command, and the agent confirms it', async () => {
    const { pid, runId } = await startEndless(laptop);
    const cancel = `mutation ($runId: ID!) { cancelRun(input: { runId: $runId }) { toolCalls { status stopped } } }`;

    const { cancelRun } = await laptop.gateway.query(cancel, { runId });

    expect(cancelRun.toolCalls).toEqual([{ status: 'CANCELLED', stopped: true }]);
    expect(isRunning(pid)).toBe(false);
  });
});

test('a connection that is lost while a command runs loses none of its output', async () => {
  const proxies: AsyncDisposable[] = [];
  await using laptop = await startLaptop({
    async through(url) {
      // One connection in the middle of the inbox, the others in answers to reports.
      const proxy = await startCuttingProxy(url, [
        '"RunDispatch"',
        '"proceed"',
        '"nextOffset"',
        '"accepted"',
      ]);
      proxies.push(proxy);
      return proxy.url;
    },
  });
  laptop.gateway.model.script(
    [run('echo once >> log; echo one; sleep 0.3; echo two; cat log')],
    [text('Done.')],
  );

  const seen = await collect(await laptop.ask());

  expect(endsOf(seen)).toMatchObject([{ status: 'SUCCEEDED', result: 'one\ntwo\nonce\n' }]);
  const output = seen.map((event) => (event.__typename === 'ToolOutputDelta' ? event.text : '')).join('');
  expect(output).toBe('one\ntwo\nonce\n');
  await laptop.agent.printed('online: node', 2);
  await laptop.agent[Symbol.asyncDispose]();
  for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
});

test('an agent that is told to stop ends its command, reports it, and exits with 0', async () => {
  await using laptop = await startLaptop();
  const { pid, runId } = await startEndless(laptop);

  laptop.agent.kill('SIGTERM');

  expect(await laptop.agent.exited).toEqual({ code: 0, signal: null });
  expect(isRunning(pid)).toBe(false);
  expect(endsOf(await laptop.follow(runId))).toMatchObject([
    { status: 'FAILED', result: `${pid}\n[The command was cancelled.]` },
  ]);
  expect(await connectionOf(laptop.gateway, 'laptop')).toBe('OFFLINE');
});

test('the command of an agent that is killed ends too', async () => {
  await using laptop = await startLaptop({ settings: { NODE_GRACE_MS: '200' } });
  const { pid, runId } = await startEndless(laptop);

  laptop.agent.kill('SIGKILL');

  await processEnded(pid);
  expect(endsOf(await laptop.follow(runId))).toMatchObject([{ status: 'FAILED', errorCode: 'NODE_OFFLINE' }]);
});
