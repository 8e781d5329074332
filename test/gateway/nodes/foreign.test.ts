import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chat, collect, type SeenRunEvent } from '../../support/gateway/chat.ts';
import { type ScriptedGateway, startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { text, toolCall } from '../../support/model/turn.ts';
import { connectNode, type NodeClient } from '../../support/node/node-client.ts';
import { createNodeSession, startNode } from '../../support/node/nodes.ts';

let gateway: ScriptedGateway;
let laptop: NodeClient;
let mallory: NodeClient;
beforeAll(async () => {
  gateway = await startScriptedGateway({ settings: { CANCEL_CONFIRM_MS: '0' } });
  laptop = await startNode(gateway, 'laptop');
  mallory = await startNode(gateway, 'mallory');
});
afterAll(async () => {
  await laptop[Symbol.asyncDispose]();
  await mallory[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

describe('a node that reports a dispatch of another node', () => {
  let dispatchId: string;
  let seen: Promise<SeenRunEvent[]>;

  beforeAll(async () => {
    gateway.model.script([toolCall('a', 'run_command', { command: 'ls' })], [text('Done.')]);
    const sessionId = await createNodeSession(gateway, ['laptop']);
    seen = collect(chat(gateway.client(), { sessionId, prompt: 'Work' }));
    dispatchId = (await laptop.next('RunDispatch'))['dispatchId'];
  });

  test('a node that reports a dispatch of another node gets the same replies as for a dispatch that does not exist', async () => {
    for (const id of [dispatchId, 'there-is-none']) {
      expect(await mallory.acknowledge(id)).toBe(false);
      expect(await mallory.acknowledge(id, laptop.instanceId)).toBe(false);
      const { data } = await mallory.print(id, 0, 'pwned');
      expect(data.appendDispatchOutput).toEqual({ nextOffset: 5, isWanted: false });
      expect(await mallory.finish(id, { result: 'pwned' })).toBe(false);
      expect(await mallory.beat([id])).toEqual([id]);
    }
  });

  test('a dispatch is not changed by reports of a node that it was not sent to', async () => {
    expect(await laptop.acknowledge(dispatchId)).toBe(true);
    expect(await laptop.finish(dispatchId, { result: 'fine' })).toBe(true);
    expect(await mallory.finish(dispatchId, { result: 'pwned' })).toBe(false);

    const finished = (await seen).find(({ __typename }) => __typename === 'ToolCallFinished');
    expect(finished).toMatchObject({ status: 'SUCCEEDED', result: 'fine' });
    expect(JSON.stringify(await seen)).not.toContain('pwned');
  });
});

test('a late result is stored only if it comes from the node of the dispatch', async () => {
  gateway.model.script([toolCall('a', 'run_command', { command: 'ls' })]);
  const sessionId = await createNodeSession(gateway, ['laptop']);
  const runId = await gateway.send({ sessionId, prompt: 'Work' });
  const { dispatchId } = await laptop.take();
  const cancel = 'mutation ($runId: ID!) { cancelRun(input: { runId: $runId }) { toolCalls { stopped } } }';
  expect((await gateway.query(cancel, { runId })).cancelRun.toolCalls).toEqual([{ stopped: false }]);

  const stored = async () =>
    gateway.services.database.toolCall.findFirst({
      where: { dispatchId },
      select: { status: true, result: true },
    });
  await mallory.finish(dispatchId, { result: 'pwned' });
  expect(await stored()).toMatchObject({ status: 'CANCELLED' });
  await laptop.finish(dispatchId, { result: 'it had ended' });
  expect(await stored()).toEqual({ status: 'SUCCEEDED', result: 'it had ended' });
});

test('an agent that acknowledges no call does not delay calls on other nodes', async () => {
  await using strict = await startScriptedGateway({ settings: { DISPATCH_ACK_MS: '200' } });
  await using quick = await startNode(strict, 'laptop');
  const token = (await strict.query('mutation { registerNode(input: { nodeId: "unresponsive" }) { token } }'))
    .registerNode.token;
  await using unresponsive = connectNode(strict.url, token);
  await unresponsive.next('InboxOpened');
  const calls = ['unresponsive', 'laptop'].map((node) =>
    toolCall(node, 'run_command', { command: 'ls', node }),
  );
  strict.model.script(calls, [text('Done.')]);
  const sessionId = await createNodeSession(strict, ['unresponsive', 'laptop']);
  const seen = collect(chat(strict.client(), { sessionId, prompt: 'Work' }));

  await quick.finish((await quick.take())['dispatchId']);

  const finished = (await seen).filter(({ __typename }) => __typename === 'ToolCallFinished');
  expect(finished).toMatchObject([
    { callId: 'laptop', status: 'SUCCEEDED' },
    { callId: 'unresponsive', status: 'FAILED', errorCode: 'NODE_UNRESPONSIVE' },
  ]);
});
