import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chat, collect, until } from '../../support/gateway/chat.ts';
import { text } from '../../support/model/turn.ts';
import { endsOf, run, untilGo } from '../../support/node/agent-calls.ts';
import { createNodeSession } from '../../support/node/nodes.ts';
import { startLaptop } from '../../support/process/agent-laptop.ts';
import { isRunning } from '../../support/process/process-state.ts';

const cancelRun = `mutation ($runId: ID!) {
  cancelRun(runId: $runId) { cancelled run { status } toolCalls { callId status stopped result } }
}`;

test.each([
  ['that has children of children', 'sh -c "sleep 600 & echo \\$!; wait" & wait'],
  ['that ignores SIGTERM', 'trap "" TERM; echo $$; while :; do sleep 600; done'],
  ['whose child ignores it', 'sh -c \'trap "" TERM; echo $$; while :; do sleep 600; done\' & wait'],
])('cancelling ends all processes of a command %s, and the receipt says so', async (_which, command) => {
  await using laptop = await startLaptop();
  laptop.gateway.model.script([run(command)], [text('Oh.')]);
  const seen = await until(await laptop.ask(), 'ToolOutputDelta');
  const { text: printed = '', runId } = seen.at(-1) ?? {};
  const pid = Number(printed);
  expect(isRunning(pid)).toBe(true);

  const { cancelRun: receipt } = await laptop.gateway.query(cancelRun, { runId });

  expect(receipt).toEqual({
    cancelled: true,
    run: { status: 'CANCELLED' },
    toolCalls: [
      { callId: 'a', status: 'CANCELLED', stopped: true, result: `${printed}[The command was cancelled.]` },
    ],
  });
  expect(isRunning(pid)).toBe(false);
});

test('two sessions share a laptop, and cancelling one leaves the command of the other alone', async () => {
  await using laptop = await startLaptop();
  const { gateway, machine } = laptop;
  gateway.model.otherwise(({ body }) => {
    const messages = JSON.stringify(body['messages']);
    return messages.includes('"tool"') ? [text('Done.')] : [run(untilGo)];
  });
  const start = async (prompt: string) => {
    const sessionId = await createNodeSession(gateway, ['laptop']);
    return until(chat(gateway.client(), { sessionId, prompt }), 'ToolOutputDelta', 'ready\n');
  };
  const alice = await start('Alice asks');
  const bob = await start('Bob asks');

  const { cancelRun: receipt } = await gateway.query(cancelRun, { runId: alice[0]?.runId });
  expect(receipt.toolCalls).toMatchObject([{ status: 'CANCELLED', stopped: true }]);
  await writeFile(join(machine.workspace, 'go'), '');

  const rest = await laptop.follow(bob[0]?.runId);
  expect(endsOf(rest)).toMatchObject({ a: { status: 'SUCCEEDED', result: 'ready\n' } });
  expect(rest.at(-1)?.__typename).toBe('RunCompleted');
});

test('a laptop that runs one call at a time takes three in the order of their arrival', async () => {
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
