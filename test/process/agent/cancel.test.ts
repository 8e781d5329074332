import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chat, collect, until } from '../../support/gateway/chat.ts';
import { text } from '../../support/model/turn.ts';
import { endsOf, run, untilGo } from '../../support/node/agent-calls.ts';
import { createNodeSession } from '../../support/node/nodes.ts';
import { type Laptop, startLaptop } from '../../support/process/agent-laptop.ts';
import { isRunning } from '../../support/process/process-state.ts';

const cancelRun = `mutation ($runId: ID!) {
  cancelRun(input: { runId: $runId }) { cancelled run { status } toolCalls { callId status stopped result } }
}`;

describe('on a laptop that runs several commands at once', () => {
  let laptop: Laptop;

  beforeAll(async () => {
    laptop = await startLaptop();
    // The model runs each prompt as a command.
    laptop.gateway.model.otherwise(({ body }) => {
      const { role, content } = (body['messages'] as { role: string; content: string }[]).at(-1) ?? {};
      return role === 'user' ? [run(String(content))] : [text('Done.')];
    });
  });

  afterAll(() => laptop?.[Symbol.asyncDispose]());

  /** Runs a command in a new session until it has printed a line. */
  async function start(command: string) {
    const sessionId = await createNodeSession(laptop.gateway, ['laptop']);
    const asked = chat(laptop.gateway.client(), { sessionId, prompt: command });
    return (await until(asked, 'ToolOutputDelta', '\n')).at(-1);
  }

  // The agent waits two seconds before it kills a command that ignores SIGTERM.
  test.concurrent.each([
    ['has children of children', 'sh -c "sleep 600 & echo \\$!; wait" & wait'],
    ['ignores SIGTERM', 'trap "" TERM; echo $$; while :; do sleep 600; done'],
    [
      'has a child that ignores SIGTERM',
      'sh -c \'trap "" TERM; echo $$; while :; do sleep 600; done\' & wait',
    ],
  ])(
    'cancelling ends all processes of a command that %s, and the receipt says so',
    async (_which, command) => {
      const { text: printed = '', runId } = (await start(command)) ?? {};
      const pid = Number(printed);
      expect(isRunning(pid)).toBe(true);

      const { cancelRun: receipt } = await laptop.gateway.query(cancelRun, { runId });

      expect(receipt).toEqual({
        cancelled: true,
        run: { status: 'CANCELLED' },
        toolCalls: [
          {
            callId: 'a',
            status: 'CANCELLED',
            stopped: true,
            result: `${printed}[The command was cancelled.]`,
          },
        ],
      });
      expect(isRunning(pid)).toBe(false);
    },
  );

  test('cancelling the command of one session does not stop the command of another session', async () => {
    const alice = await start(untilGo);
    const bob = await start(untilGo);

    const { cancelRun: receipt } = await laptop.gateway.query(cancelRun, { runId: alice?.runId });
    expect(receipt.toolCalls).toMatchObject([{ status: 'CANCELLED', stopped: true }]);
    await writeFile(join(laptop.machine.workspace, 'go'), '');

    const rest = await laptop.follow(bob?.runId);
    expect(endsOf(rest)).toMatchObject({ a: { status: 'SUCCEEDED', result: 'ready\n' } });
    expect(rest.at(-1)?.__typename).toBe('RunCompleted');
  });
});

test('a laptop that runs one tool call at a time runs three in the order of their arrival', async () => {
  await using laptop = await startLaptop({ maxDispatches: 1 });
  const { gateway, machine } = laptop;
  const record = (id: string) => run(`echo ${id} begins; ${untilGo}; echo ${id} ends; echo ${id} >> log`, id);
  const calls = ['a', 'b', 'c'].map(record);
  gateway.model.script(calls, [run('cat log', 'log')], [text('Done.')]);
  const ask = await laptop.ask();
  const seen = await until(ask, 'ToolOutputDelta', 'ready\n');

  const query = '{ agentNode(nodeId: "laptop") { connection runningDispatches } }';
  expect((await gateway.query(query)).agentNode).toEqual({ connection: 'BUSY', runningDispatches: 1 });
  await writeFile(join(machine.workspace, 'go'), '');

  const all = await laptop.follow(seen[0]?.runId);
  expect(endsOf(all)).toMatchObject({
    a: { status: 'SUCCEEDED', result: 'a begins\nready\na ends\n' },
    b: { status: 'SUCCEEDED', result: 'b begins\nready\nb ends\n' },
    c: { status: 'SUCCEEDED', result: 'c begins\nready\nc ends\n' },
    log: { result: 'a\nb\nc\n' },
  });
  await expect.poll(async () => (await gateway.query(query)).agentNode.connection).toBe('ONLINE');
  await collect(ask);
});
