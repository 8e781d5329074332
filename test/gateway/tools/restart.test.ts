import { describe, expect, test } from 'vitest';
import { chat, collect, follow, type SeenRunEvent, until } from '../../support/gateway/chat.ts';
import { openMigratedFolder } from '../../support/gateway/migrated-folder.ts';
import { type ScriptedGateway, startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { approveCall, createGuardedTools, toolCallsOf } from '../../support/gateway/tool-approval.ts';
import { createGate, text, toolCall } from '../../support/model/turn.ts';
import { connectNode } from '../../support/node/node-client.ts';
import { createNodeSession, startNode } from '../../support/node/nodes.ts';

const settings = { NODE_GRACE_MS: '20000' };

/** Stops a gateway while the node `laptop` has a dispatch of a run. */
async function stopWhileToolRuns(dataDir: string, isTaken = true) {
  const gateway = await startScriptedGateway({ dataDir, settings });
  const laptop = await startNode(gateway, 'laptop');
  gateway.model.script([text('Building. '), toolCall('a', 'run_command', { command: 'make' })]);
  const sessionId = await createNodeSession(gateway, ['laptop']);
  const started = await until(chat(gateway.client(), { sessionId, prompt: 'Build it' }), 'ToolCallStarted');
  const { dispatchId } = isTaken ? await laptop.take() : await laptop.next('RunDispatch');
  await gateway[Symbol.asyncDispose]();
  expect(await laptop.next('InboxClosed')).toMatchObject({ reason: 'SHUTTING_DOWN' });
  expect(laptop.commands.map(({ __typename }) => __typename)).not.toContain('CancelDispatch');
  const { token, instanceId } = laptop;
  const { runId } = started[0] as SeenRunEvent;
  return { token, instanceId, dispatchId: String(dispatchId), runId };
}

async function startNext(dataDir: string): Promise<ScriptedGateway> {
  const gateway = await startScriptedGateway({ dataDir, settings });
  gateway.model.script([text('Built.')]);
  return gateway;
}

function endOfCall(seen: readonly SeenRunEvent[]) {
  return seen.find(({ __typename }) => __typename === 'ToolCallFinished');
}

describe('a run whose tool was running when its gateway stopped', () => {
  test('waits for the tool, whose agent goes on with it', async () => {
    await using folder = await openMigratedFolder();
    const { token, instanceId, dispatchId, runId } = await stopWhileToolRuns(folder.path);
    await using gateway = await startNext(folder.path);
    const seen = collect(follow(gateway.client(), runId));
    await using laptop = connectNode(gateway.url, token, { instanceId, running: [dispatchId] });
    expect(await laptop.next('InboxOpened')).toMatchObject({ unknownDispatchIds: [] });
    await expect.poll(() => laptop.finish(dispatchId, { result: 'built' })).toBe(true);
    expect(endOfCall(await seen)).toMatchObject({ status: 'SUCCEEDED', result: 'built' });
    expect((await seen).at(-1)).toMatchObject({
      __typename: 'RunCompleted',
      message: { content: 'Building. \n\nBuilt.' },
    });
    expect(laptop.commands.map(({ __typename }) => __typename)).not.toContain('RunDispatch');
  });

  test('sends the call again if the agent has never seen it, under the same id', async () => {
    await using folder = await openMigratedFolder();
    const { token, instanceId, dispatchId, runId } = await stopWhileToolRuns(folder.path, false);
    await using gateway = await startNext(folder.path);
    const seen = collect(follow(gateway.client(), runId));
    await using laptop = connectNode(gateway.url, token, { instanceId });
    expect(await laptop.take()).toMatchObject({ dispatchId, args: { command: 'make' } });
    await laptop.finish(dispatchId, { result: 'built' });
    expect(endOfCall(await seen)).toMatchObject({ status: 'SUCCEEDED', result: 'built' });
  });

  test('says that nobody knows how the tool has ended if the agent was started anew, and runs nothing twice', async () => {
    await using folder = await openMigratedFolder();
    const { token, runId } = await stopWhileToolRuns(folder.path);
    await using gateway = await startNext(folder.path);
    const seen = collect(follow(gateway.client(), runId));
    await using laptop = connectNode(gateway.url, token);
    expect(endOfCall(await seen)).toMatchObject({
      status: 'FAILED',
      errorCode: 'NODE_OFFLINE',
      result: 'The agent of the node was started anew. It is not known whether the tool ran to its end.',
    });
    expect((await seen).at(-1)?.__typename).toBe('RunCompleted');
    expect(laptop.commands.map(({ __typename }) => __typename)).toEqual(['InboxOpened']);
  });
});

test('of two calls of a step, the one that waits goes on, and the one that has ended stays as it is', async () => {
  await using folder = await openMigratedFolder();
  const first = await startScriptedGateway({ dataDir: folder.path, tools: createGuardedTools() });
  first.model.script([toolCall('w', 'write', {}), toolCall('r', 'read', {})]);
  const sessionId = await first.createSession();
  const { runId } = (await until(chat(first.client(), { sessionId, prompt: 'Both' }), 'ToolCallFinished')).at(
    -1,
  ) as SeenRunEvent;
  await first[Symbol.asyncDispose]();

  const tools = createGuardedTools();
  await using next = await startScriptedGateway({ dataDir: folder.path, tools });
  next.model.script([text('Both done.')]);
  expect((await approveCall(next, { runId, callId: 'w' })).errors).toBeUndefined();
  const seen = await collect(follow(next.client(), runId));
  expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { content: 'Both done.' } });
  expect(tools.requests).toMatchObject([{ callId: 'w' }]);
  expect(await toolCallsOf(next, runId)).toMatchObject([
    { callId: 'w', status: 'SUCCEEDED', result: 'written' },
    { callId: 'r', status: 'SUCCEEDED', result: 'what it says' },
  ]);
  expect(next.model.requests.at(-1)?.body['messages']).toMatchObject([
    { role: 'user' },
    { role: 'assistant', tool_calls: [{ id: 'w' }, { id: 'r' }] },
    { role: 'tool', tool_call_id: 'w' },
    { role: 'tool', tool_call_id: 'r' },
  ]);
});

test('with RESUME_RUNS=all the step that was being answered begins again, and its text is shown once', async () => {
  await using folder = await openMigratedFolder();
  const all = { RESUME_RUNS: 'all' };
  const first = await startScriptedGateway({
    dataDir: folder.path,
    tools: createGuardedTools(),
    settings: { ...all, CHECKPOINT_MS: '10' },
  });
  const gate = createGate();
  first.model.script([text('One. '), toolCall('r', 'read', {})], [text('Two, '), gate, text('three.')]);
  const sessionId = await first.createSession();
  const seen: SeenRunEvent[] = [];
  for await (const event of chat(first.client(), { sessionId, prompt: 'Count' })) {
    seen.push(event);
    if (event.text?.includes('Two')) break;
  }
  await first[Symbol.asyncDispose]();

  const settings = all;
  await using next = await startScriptedGateway({
    dataDir: folder.path,
    tools: createGuardedTools(),
    settings,
  });
  next.model.script([text('Two, three.')]);
  const { runId, seq } = seen.at(-1) as SeenRunEvent;
  const rest = await collect(follow(next.client(), runId, seq));
  expect(rest.map(({ __typename }) => __typename)).toEqual([
    'HistoryGap',
    'RunResumed',
    'ToolCallStarted',
    'ToolCallFinished',
    'TextDelta',
    'UsageReported',
    'RunCompleted',
  ]);
  expect(rest[1]).toMatchObject({ content: 'One. ', textOffset: 5, reasoningOffset: 0 });
  expect(rest.at(-1)).toMatchObject({
    message: { content: 'One. \n\nTwo, three.' },
    usage: { measured: false },
  });
});
