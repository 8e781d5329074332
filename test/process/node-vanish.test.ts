import { describe, expect, test } from 'vitest';
import { chat, collect, type SeenRunEvent } from '../support/gateway/chat.ts';
import { type ScriptedGateway, startScriptedGateway } from '../support/gateway/scripted-gateway.ts';
import { text, toolCall } from '../support/model/turn.ts';
import { connectNode } from '../support/node/node-client.ts';
import { connectionOf, createNodeSession, registerNode, startNode } from '../support/node/nodes.ts';
import { startScriptedProcess } from '../support/process/scripted-process.ts';

/** Alice asks for a command on her laptop; resolves with what became of the call. */
async function askForCommand(gateway: ScriptedGateway): Promise<SeenRunEvent | undefined> {
  gateway.model.script([toolCall('a', 'run_command', { command: 'make' })], [text('Oh.')]);
  const sessionId = await createNodeSession(gateway, ['laptop']);
  const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Build it' }));
  return seen.find(({ __typename }) => __typename === 'ToolCallFinished');
}

function isOffline(gateway: ScriptedGateway) {
  return expect.poll(() => connectionOf(gateway, 'laptop'), { timeout: 10_000 }).toBe('OFFLINE');
}

describe('an agent that loses its connection and comes back in time', () => {
  test('reports what it ran meanwhile', async () => {
    await using gateway = await startScriptedGateway();
    await using laptop = await startNode(gateway, 'laptop');
    const outcome = askForCommand(gateway);
    const { dispatchId } = await laptop.take();
    laptop.leave();
    await isOffline(gateway);
    const { instanceId, token } = laptop;

    await using again = connectNode(gateway.url, token, { instanceId, running: [dispatchId] });
    expect(await again.next('InboxOpened')).toMatchObject({ unknownDispatchIds: [] });
    expect(await again.finish(dispatchId, { result: 'built' })).toBe(true);
    expect(await again.finish(dispatchId, { result: 'built' })).toBe(true);

    expect(await outcome).toMatchObject({ status: 'SUCCEEDED', result: 'built' });
    expect(again.commands).toHaveLength(1);
  });

  test('continues after its cursor and gets what it has not seen', async () => {
    await using gateway = await startScriptedGateway();
    await using laptop = await startNode(gateway, 'laptop');
    const epoch = laptop.commands[0]?.['epoch'];
    const first = askForCommand(gateway);
    const seen = await laptop.take();
    await laptop.finish(seen['dispatchId']);
    await first;
    laptop.leave();
    await isOffline(gateway);
    const outcome = askForCommand(gateway);
    await expect
      .poll(
        async () => (await gateway.query('{ agentNode(nodeId: "laptop") { runningDispatches } }')).agentNode,
      )
      .toEqual({ runningDispatches: 1 });

    const cursor = { after: seen.seq, epoch: String(epoch) };
    await using again = connectNode(gateway.url, laptop.token, { ...cursor, instanceId: laptop.instanceId });
    expect(await again.next('InboxOpened')).toMatchObject({ seq: seen.seq });
    const missed = await again.take();
    await again.finish(missed['dispatchId'], { result: 'late' });

    expect(missed.seq).toBe(seen.seq + 1);
    expect(await outcome).toMatchObject({ status: 'SUCCEEDED', result: 'late' });
  });

  test.each([
    ['of another epoch', { after: 1, epoch: 'another' }],
    ['that was never given out', { after: 99 }],
    ['that is negative', { after: -1 }],
  ])('gets what is not acknowledged again with a cursor %s', async (_what, cursor) => {
    await using gateway = await startScriptedGateway();
    await using laptop = await startNode(gateway, 'laptop');
    const outcome = askForCommand(gateway);
    const { dispatchId } = await laptop.next('RunDispatch');
    laptop.leave();
    const epoch = laptop.commands[0]?.['epoch'];

    await using again = connectNode(gateway.url, laptop.token, { epoch: String(epoch), ...cursor });
    expect((await again.take())['dispatchId']).toBe(dispatchId);
    await again.finish(dispatchId);

    expect(await outcome).toMatchObject({ status: 'SUCCEEDED' });
  });
});

describe('an agent that does not come back', () => {
  test('fails its dispatches and those queued behind them after the grace time', async () => {
    await using gateway = await startScriptedGateway({ settings: { NODE_GRACE_MS: '100' } });
    await using laptop = await startNode(gateway, 'laptop', { maxDispatches: 1 });
    const calls = ['a', 'b'].map((id) => toolCall(id, 'run_command', { command: id }));
    gateway.model.script(calls, [text('Oh.')]);
    const sessionId = await createNodeSession(gateway, ['laptop']);
    const seen = collect(chat(gateway.client(), { sessionId, prompt: 'Build it' }));
    const { dispatchId } = await laptop.take();
    laptop.leave();

    const why = 'The node "laptop" is offline and did not come back in time.';
    expect((await seen).filter(({ __typename }) => __typename === 'ToolCallFinished')).toMatchObject([
      { callId: 'b', errorCode: 'NODE_OFFLINE', result: `${why} Nothing was started.` },
      {
        callId: 'a',
        errorCode: 'NODE_OFFLINE',
        result: `${why} It is not known whether the tool ran to its end.`,
      },
    ]);
    await using again = connectNode(gateway.url, laptop.token, { running: [dispatchId] });
    expect(await again.next('InboxOpened')).toMatchObject({ unknownDispatchIds: [dispatchId] });
    expect(await again.finish(dispatchId)).toBe(false);
  });

  test('is not waited for by the next tool call', async () => {
    await using gateway = await startScriptedGateway({ settings: { NODE_GRACE_MS: '0' } });
    await using laptop = await startNode(gateway, 'laptop');
    laptop.leave();
    await isOffline(gateway);

    expect(await askForCommand(gateway)).toMatchObject({
      status: 'FAILED',
      errorCode: 'NODE_OFFLINE',
      result: expect.stringMatching(
        /^The node "laptop" is offline: it was last seen at 2\S+Z\. Nothing was started\.$/,
      ),
    });
  });
});

describe('another process of the agent', () => {
  test('is not sent what the process before it had acknowledged', async () => {
    await using gateway = await startScriptedGateway();
    await using laptop = await startNode(gateway, 'laptop');
    const outcome = askForCommand(gateway);
    const { dispatchId } = await laptop.take();
    laptop.leave();

    await using restarted = connectNode(gateway.url, laptop.token);

    expect(await outcome).toMatchObject({
      status: 'FAILED',
      errorCode: 'NODE_OFFLINE',
      result: 'The agent of the node was started anew. It is not known whether the tool ran to its end.',
    });
    expect(await restarted.acknowledge(dispatchId)).toBe(false);
    expect(restarted.commands.map(({ __typename }) => __typename)).toEqual(['InboxOpened']);
  });
});

describe('a gateway that is killed while a command runs and started again', () => {
  test('no longer waits for the command, but keeps its result', async () => {
    await using gateway = await startScriptedProcess();
    const token = await registerNode(gateway, 'laptop');
    const laptop = connectNode(gateway.url, token);
    gateway.model.script([toolCall('a', 'run_command', { command: 'make' })]);
    const sessionId = await createNodeSession(gateway, ['laptop']);
    const runId = await gateway.send({ sessionId, prompt: 'Build it' });
    const { dispatchId } = await laptop.take();
    gateway.kill('SIGKILL');
    await gateway.exited;

    await using next = await gateway.restart();
    const { instanceId } = laptop;
    await using again = connectNode(next.url, token, { instanceId, running: [dispatchId] });
    expect(await again.next('InboxOpened')).toMatchObject({ unknownDispatchIds: [dispatchId] });
    expect(await again.finish(dispatchId, { result: 'built', exitCode: 0 })).toBe(false);

    const query =
      'query ($id: ID!) { run(id: $id) { error { code } assistantMessage { toolCalls { status result exitCode stopped } } } }';
    expect((await next.query(query, { id: runId })).run).toEqual({
      error: { code: 'INTERRUPTED' },
      assistantMessage: { toolCalls: [{ status: 'SUCCEEDED', result: 'built', exitCode: 0, stopped: null }] },
    });
  });

  test('gives nodes a moment to reconnect before it fails a queued prompt', async () => {
    await using gateway = await startScriptedProcess();
    const token = await registerNode(gateway, 'laptop');
    await using laptop = connectNode(gateway.url, token);
    await laptop.next('InboxOpened');
    gateway.kill('SIGKILL');
    await gateway.exited;

    await using next = await gateway.restart();
    gateway.model.script([toolCall('a', 'run_command', { command: 'make' })], [text('Built.')]);
    const sessionId = await createNodeSession(next, ['laptop']);
    const seen = collect(chat(next.client(), { sessionId, prompt: 'Build it' }));
    await gateway.model.request(0);
    await using again = connectNode(next.url, token);
    await again.finish((await again.take())['dispatchId'], { result: 'built' });

    expect((await seen).at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { content: 'Built.' } });
  });
});
