import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { chat, follow, until } from '../../support/gateway/chat.ts';
import type { GatewayApi } from '../../support/gateway/gateway-api.ts';
import { text } from '../../support/model/turn.ts';
import { callTools, endsOf, run, untilGo } from '../../support/node/agent-calls.ts';
import { connectionOf, createNodeSession, registerNode } from '../../support/node/nodes.ts';
import { openMachine, startLaptop } from '../../support/process/agent-laptop.ts';
import { startAgent } from '../../support/process/agent-process.ts';
import { processEnded } from '../../support/process/process-state.ts';

/** Waits until a tool call has printed something. */
async function isReady(gateway: GatewayApi, runId: string, callId: string): Promise<void> {
  for await (const event of follow(gateway.client(), runId)) {
    if (event.__typename === 'ToolOutputDelta' && event['callId'] === callId) return;
  }
}

const onLaptop = { node: 'laptop' };
const onServer = { node: 'server' };

test('a frozen node delays no other node and no other session, and reports its result when it runs again', async () => {
  await using laptop = await startLaptop();
  const { gateway, machine } = laptop;
  await using other = await openMachine();
  const token = await registerNode(gateway, 'server');
  await using _server = await startAgent(gateway.url, { token, ...other });
  const sessionId = await createNodeSession(gateway, ['laptop', 'server']);
  gateway.model.script([run(untilGo, 'a', onLaptop), run(untilGo, 'b', onServer)]);
  const asked = chat(gateway.client(), { sessionId, prompt: 'Build on both' });
  const runId = (await until(asked, 'RunStarted'))[0]?.runId ?? '';
  await isReady(gateway, runId, 'a');
  await isReady(gateway, runId, 'b');

  laptop.agent.kill('SIGSTOP');
  await writeFile(join(machine.workspace, 'go'), '');
  await writeFile(join(other.workspace, 'go'), '');
  const untilOne = await until(follow(gateway.client(), runId), 'ToolCallFinished');
  expect(endsOf(untilOne)).toMatchObject({ b: { status: 'SUCCEEDED', result: 'ready\n' } });
  const bobs = await createNodeSession(gateway, ['server']);
  expect(await callTools(gateway, bobs, run('echo hi'))).toMatchObject({ a: { result: 'hi\n' } });
  gateway.model.script([text('Both are done.')]);
  laptop.agent.kill('SIGCONT');

  const all = await laptop.follow(runId);
  expect(endsOf(all)).toMatchObject({
    a: { status: 'SUCCEEDED', result: 'ready\n' },
    b: { status: 'SUCCEEDED', result: 'ready\n' },
  });
  expect(all.at(-1)?.__typename).toBe('RunCompleted');
});

test('cancelling does not wait for a frozen node, which stops its command when it runs again', async () => {
  await using laptop = await startLaptop({ settings: { CANCEL_CONFIRM_MS: '300' } });
  const { gateway, agent } = laptop;
  gateway.model.script([run('echo $$; exec sleep 600')], [text('Oh.')]);
  const seen = await until(await laptop.ask(), 'ToolOutputDelta');
  const { text: pid, runId } = seen.at(-1) ?? {};
  const cancel =
    'mutation ($runId: ID!) { cancelRun(input: { runId: $runId }) { toolCalls { status stopped } } }';
  const stored = 'query ($id: ID!) { run(id: $id) { assistantMessage { toolCalls { status stopped } } } }';

  agent.kill('SIGSTOP');
  expect((await gateway.query(cancel, { runId })).cancelRun.toolCalls).toEqual([
    { status: 'CANCELLED', stopped: false },
  ]);
  agent.kill('SIGCONT');

  await processEnded(Number(pid));
  const look = async () => (await gateway.query(stored, { id: runId })).run.assistantMessage.toolCalls;
  await expect.poll(look, { timeout: 10_000 }).toEqual([{ status: 'CANCELLED', stopped: true }]);
});

test('a node that is frozen for long goes offline, its tool call fails after the grace time, and it can come back', async () => {
  await using laptop = await startLaptop({ settings: { NODE_HEARTBEAT_MS: '100', NODE_GRACE_MS: '300' } });
  const { gateway, agent } = laptop;
  gateway.model.script([run('echo $$; exec sleep 600')], [text('Oh.')]);
  const seen = await until(await laptop.ask(), 'ToolOutputDelta');
  const { text: pid, runId } = seen.at(-1) ?? {};

  agent.kill('SIGSTOP');
  expect(endsOf(await laptop.follow(runId))).toMatchObject({ a: { errorCode: 'NODE_OFFLINE' } });
  expect(await connectionOf(gateway, 'laptop')).toBe('OFFLINE');
  agent.kill('SIGCONT');

  // No run waits for the command any more, so the agent stops it.
  await processEnded(Number(pid));
  await expect.poll(() => connectionOf(gateway, 'laptop'), { timeout: 10_000 }).toBe('ONLINE');
  const sessionId = await createNodeSession(gateway, ['laptop']);
  expect(await callTools(gateway, sessionId, run('echo hi'))).toMatchObject({ a: { result: 'hi\n' } });
});
