import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chat, collect, type SeenRunEvent } from '../../support/gateway/chat.ts';
import { type ScriptedGateway, startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { text, toolCall } from '../../support/model/turn.ts';
import { connectNode, type NodeClient } from '../../support/node/node-client.ts';
import { createNodeSession, startNode } from '../../support/node/nodes.ts';

describe('what a node does with a dispatch of another one', () => {
  let gateway: ScriptedGateway;
  let laptop: NodeClient;
  let mallory: NodeClient;
  let dispatchId: string;
  let seen: Promise<SeenRunEvent[]>;

  beforeAll(async () => {
    gateway = await startScriptedGateway();
    laptop = await startNode(gateway, 'laptop');
    mallory = await startNode(gateway, 'mallory');
    gateway.model.script([toolCall('a', 'run_command', { command: 'ls' })], [text('Done.')]);
    const sessionId = await createNodeSession(gateway, ['laptop']);
    seen = collect(chat(gateway.client(), { sessionId, prompt: 'Work' }));
    dispatchId = (await laptop.next('RunDispatch'))['dispatchId'];
  });
  afterAll(async () => {
    await laptop[Symbol.asyncDispose]();
    await mallory[Symbol.asyncDispose]();
    await gateway[Symbol.asyncDispose]();
  });

  test('is answered as if there were no such dispatch', async () => {
    for (const id of [dispatchId, 'there-is-none']) {
      expect(await mallory.acknowledge(id)).toBe(false);
      expect(await mallory.acknowledge(id, laptop.instanceId)).toBe(false);
      const { data } = await mallory.print(id, 0, 'pwned');
      expect(data.appendDispatchOutput).toEqual({ nextOffset: 5, isWanted: false });
      expect(await mallory.finish(id, { result: 'pwned' })).toBe(false);
      expect(await mallory.beat([id])).toEqual([id]);
    }
  });

  test('leaves that as it is', async () => {
    expect(await laptop.acknowledge(dispatchId)).toBe(true);
    expect(await laptop.finish(dispatchId, { result: 'fine' })).toBe(true);
    expect(await mallory.finish(dispatchId, { result: 'pwned' })).toBe(false);

    const finished = (await seen).find(({ __typename }) => __typename === 'ToolCallFinished');
    expect(finished).toMatchObject({ status: 'SUCCEEDED', result: 'fine' });
    expect(JSON.stringify(await seen)).not.toContain('pwned');
  });
});

test('a late result counts only from the node that was asked', async () => {
  await using gateway = await startScriptedGateway({ settings: { CANCEL_CONFIRM_MS: '0' } });
  await using laptop = await startNode(gateway, 'laptop');
  await using mallory = await startNode(gateway, 'mallory');
  gateway.model.script([toolCall('a', 'run_command', { command: 'ls' })]);
  const sessionId = await createNodeSession(gateway, ['laptop']);
  const runId = await gateway.send({ sessionId, prompt: 'Work' });
  const { dispatchId } = await laptop.take();
  const cancel = 'mutation ($runId: ID!) { cancelRun(runId: $runId) { toolCalls { stopped } } }';
  expect((await gateway.query(cancel, { runId })).cancelRun.toolCalls).toEqual([{ stopped: false }]);

  const stored = async () =>
    gateway.services.database.toolCall.findFirst({ select: { status: true, result: true } });
  await mallory.finish(dispatchId, { result: 'pwned' });
  expect(await stored()).toMatchObject({ status: 'CANCELLED' });
  await laptop.finish(dispatchId, { result: 'it had ended' });
  expect(await stored()).toEqual({ status: 'SUCCEEDED', result: 'it had ended' });
});

test('an agent that takes nothing holds up nobody', async () => {
  await using gateway = await startScriptedGateway({ settings: { DISPATCH_ACK_MS: '200' } });
  await using laptop = await startNode(gateway, 'laptop');
  const token = (await gateway.query('mutation { registerNode(input: { nodeId: "deaf" }) { token } }'))
    .registerNode.token;
  await using deaf = connectNode(gateway.url, token);
  await deaf.next('InboxOpened');
  const calls = ['deaf', 'laptop'].map((node) => toolCall(node, 'run_command', { command: 'ls', node }));
  gateway.model.script(calls, [text('Done.')]);
  const sessionId = await createNodeSession(gateway, ['deaf', 'laptop']);
  const seen = collect(chat(gateway.client(), { sessionId, prompt: 'Work' }));

  await laptop.finish((await laptop.take())['dispatchId']);

  const finished = (await seen).filter(({ __typename }) => __typename === 'ToolCallFinished');
  expect(finished).toMatchObject([
    { callId: 'laptop', status: 'SUCCEEDED' },
    { callId: 'deaf', status: 'FAILED', errorCode: 'NODE_UNRESPONSIVE' },
  ]);
});
