import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chat, collect, type SeenRunEvent } from '../support/gateway/chat.ts';
import { type ScriptedGateway, startScriptedGateway } from '../support/gateway/scripted-gateway.ts';
import { text, toolCall } from '../support/model/turn.ts';
import { connectNode, type NodeClient } from '../support/node/node-client.ts';
import { connectionOf, createNodeSession, startNode } from '../support/node/nodes.ts';
import type { GatewayProcess } from '../support/process/gateway-process.ts';
import { type ScriptedProcess, startScriptedProcess } from '../support/process/scripted-process.ts';

/** Lets alice ask for a command on a node. Resolves with the end of the tool call. */
async function askForCommand(gateway: ScriptedGateway, nodeId: string): Promise<SeenRunEvent | undefined> {
  gateway.model.script([toolCall('a', 'run_command', { command: 'make' })], [text('Oh.')]);
  const sessionId = await createNodeSession(gateway, [nodeId]);
  const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Build it' }));
  return seen.find(({ __typename }) => __typename === 'ToolCallFinished');
}

function isOffline(gateway: ScriptedGateway, nodeId: string) {
  return expect.poll(() => connectionOf(gateway, nodeId), { timeout: 10_000 }).toBe('OFFLINE');
}

describe('an agent that loses its connection and comes back in time', () => {
  let gateway: ScriptedGateway;
  beforeAll(async () => {
    gateway = await startScriptedGateway();
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  test('an agent that comes back reports the result of what it ran meanwhile', async () => {
    await using laptop = await startNode(gateway, 'reporting');
    const outcome = askForCommand(gateway, 'reporting');
    const { dispatchId } = await laptop.take();
    laptop.leave();
    await isOffline(gateway, 'reporting');
    const { instanceId, token } = laptop;

    await using again = connectNode(gateway.url, token, { instanceId, running: [dispatchId] });
    expect(await again.next('InboxOpened')).toMatchObject({ unknownDispatchIds: [] });
    expect(await again.finish(dispatchId, { result: 'built' })).toBe(true);
    expect(await again.finish(dispatchId, { result: 'built' })).toBe(true);

    expect(await outcome).toMatchObject({ status: 'SUCCEEDED', result: 'built' });
    expect(again.commands).toHaveLength(1);
  });

  test('an agent that comes back with its cursor gets only the commands after the cursor', async () => {
    await using laptop = await startNode(gateway, 'continuing');
    const epoch = laptop.commands[0]?.['epoch'];
    const first = askForCommand(gateway, 'continuing');
    const seen = await laptop.take();
    await laptop.finish(seen['dispatchId']);
    await first;
    laptop.leave();
    await isOffline(gateway, 'continuing');
    const outcome = askForCommand(gateway, 'continuing');
    const running = '{ agentNode(nodeId: "continuing") { runningDispatches } }';
    await expect.poll(async () => (await gateway.query(running)).agentNode).toEqual({ runningDispatches: 1 });

    const cursor = { after: seen.seq, epoch: String(epoch) };
    await using again = connectNode(gateway.url, laptop.token, { ...cursor, instanceId: laptop.instanceId });
    expect(await again.next('InboxOpened')).toMatchObject({ seq: seen.seq });
    const missed = await again.take();
    await again.finish(missed['dispatchId'], { result: 'late' });

    expect(missed.seq).toBe(seen.seq + 1);
    expect(await outcome).toMatchObject({ status: 'SUCCEEDED', result: 'late' });
  });

  test.each([
    ['of another epoch', 'epoch', { after: 1, epoch: 'another' }],
    ['that was never given out', 'future', { after: 99 }],
    ['that is negative', 'negative', { after: -1 }],
  ])(
    'an agent that comes back with a cursor %s gets every command that it has not acknowledged',
    async (_what, nodeId, cursor) => {
      await using laptop = await startNode(gateway, nodeId);
      const outcome = askForCommand(gateway, nodeId);
      const { dispatchId } = await laptop.next('RunDispatch');
      laptop.leave();
      const epoch = laptop.commands[0]?.['epoch'];

      await using again = connectNode(gateway.url, laptop.token, { epoch: String(epoch), ...cursor });
      expect((await again.take())['dispatchId']).toBe(dispatchId);
      await again.finish(dispatchId);

      expect(await outcome).toMatchObject({ status: 'SUCCEEDED' });
    },
  );

  test('another process of the agent is not sent a command that the process before it had acknowledged', async () => {
    await using laptop = await startNode(gateway, 'restarted');
    const outcome = askForCommand(gateway, 'restarted');
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

describe('an agent that does not come back', () => {
  test('the dispatches of an absent agent and those queued behind them fail after the grace time', async () => {
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

  test('the next tool call does not wait for an absent agent', async () => {
    await using gateway = await startScriptedGateway({ settings: { NODE_GRACE_MS: '0' } });
    await using laptop = await startNode(gateway, 'laptop');
    laptop.leave();
    await isOffline(gateway, 'laptop');

    expect(await askForCommand(gateway, 'laptop')).toMatchObject({
      status: 'FAILED',
      errorCode: 'NODE_OFFLINE',
      result: expect.stringMatching(
        /^The node "laptop" is offline: it was last seen at 2\S+Z\. Nothing was started\.$/,
      ),
    });
  });
});

describe('a gateway that is killed and started again', () => {
  let gateway: ScriptedProcess;
  let next: GatewayProcess;
  let laptop: NodeClient & { token: string };
  let desktop: NodeClient & { token: string };
  let dispatchId: string;
  let runId: string;

  beforeAll(async () => {
    gateway = await startScriptedProcess();
    laptop = await startNode(gateway, 'laptop');
    desktop = await startNode(gateway, 'desktop');
    gateway.model.script([toolCall('a', 'run_command', { command: 'make' })]);
    const sessionId = await createNodeSession(gateway, ['laptop']);
    runId = await gateway.send({ sessionId, prompt: 'Build it' });
    dispatchId = (await laptop.take())['dispatchId'];
    gateway.kill('SIGKILL');
    await gateway.exited;
    next = await gateway.restart();
  });

  afterAll(async () => {
    for (const opened of [laptop, desktop, next, gateway]) await opened[Symbol.asyncDispose]();
  });

  test('a gateway that has started gives nodes a moment to reconnect before it fails their tool calls', async () => {
    const { requests } = gateway.model;
    gateway.model.script([toolCall('a', 'run_command', { command: 'make' })], [text('Built.')]);
    const sessionId = await createNodeSession(next, ['desktop']);
    const seen = collect(chat(next.client(), { sessionId, prompt: 'Build it' }));
    await gateway.model.request(requests.length);
    await using again = connectNode(next.url, desktop.token);
    await again.finish((await again.take())['dispatchId'], { result: 'built' });

    expect((await seen).at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { content: 'Built.' } });
  });

  test('a command that ran while the gateway was killed is waited for again, and its run goes on with the result', async () => {
    const { instanceId, token } = laptop;
    await using again = connectNode(next.url, token, { instanceId, running: [dispatchId] });
    expect(await again.next('InboxOpened')).toMatchObject({ unknownDispatchIds: [] });
    gateway.model.script([text('Built.')]);
    expect(await again.finish(dispatchId, { result: 'built', exitCode: 0 })).toBe(true);

    const query =
      'query ($id: ID!) { run(id: $id) { status assistantMessage { content toolCalls { status result exitCode stopped } } } }';
    await expect
      .poll(async () => (await next.query(query, { id: runId })).run)
      .toEqual({
        status: 'COMPLETED',
        assistantMessage: {
          content: 'Built.',
          toolCalls: [{ status: 'SUCCEEDED', result: 'built', exitCode: 0, stopped: null }],
        },
      });
  });
});
