import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { DispatchRequest } from '../../../src/nodes/dispatch/dispatch.ts';
import { chat, collect } from '../../support/gateway/chat.ts';
import type { ScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { text } from '../../support/model/turn.ts';
import { run } from '../../support/node/agent-calls.ts';
import { connectNode } from '../../support/node/node-client.ts';
import { createNodeSession, startNode } from '../../support/node/nodes.ts';

const shared = shareScriptedGateway({ settings: { DISPATCH_ACK_MS: '300', CANCEL_CONFIRM_MS: '100' } });

/** Gives the gateway a dispatch that was begun elsewhere. */
function resume(gateway: ScriptedGateway, nodeId: string, resumed: DispatchRequest['resumed']) {
  const output: string[] = [];
  const cancel = new AbortController();
  const dispatchId = randomUUID();
  const start = async () => {
    const node = await gateway.services.database.agentNode.findFirstOrThrow({ where: { nodeId } });
    const request = {
      ...{ dispatchId, sessionId: 0, toolApproval: 'AUTO' as const, tool: 'run_command', args: {} },
      ...{ workspaceId: null, timeoutMs: 60_000, resumed },
      onOutput: async (piece: string) => void output.push(piece),
    };
    return { outcome: gateway.services.dispatcher.dispatch(node, request, cancel.signal) };
  };
  return { dispatchId, output, cancel, start };
}

test('a dispatch that the agent still has goes on, its output too', async () => {
  const gateway = shared();
  const instanceId = 'p1';
  const work = resume(gateway, 'has-it', {
    instanceId,
    isAcknowledged: true,
    output: { nextOffset: 4, remainingBytes: 100 },
  });
  await using node = await startNode(gateway, 'has-it', { instanceId, running: [work.dispatchId] });
  const { outcome } = await work.start();
  await expect
    .poll(() => node.print(work.dispatchId, 2, 'cdef'))
    .toMatchObject({
      data: { appendDispatchOutput: { nextOffset: 6, isWanted: true } },
    });
  expect(await node.acknowledge(work.dispatchId)).toBe(true);
  expect(await node.finish(work.dispatchId, { result: 'abcdef' })).toBe(true);
  expect(await outcome).toEqual({ status: 'SUCCEEDED', result: 'abcdef' });
  expect(work.output).toEqual(['ef']);
  expect(node.commands.map(({ __typename }) => __typename)).toEqual(['InboxOpened']);
});

test('output whose place nobody knows goes on with the next piece', async () => {
  const gateway = shared();
  const work = resume(gateway, 'goes-on', { instanceId: 'p1', isAcknowledged: false });
  await using node = await startNode(gateway, 'goes-on', { instanceId: 'p1', running: [work.dispatchId] });
  const { outcome } = await work.start();
  await expect.poll(() => node.acknowledge(work.dispatchId)).toBe(true);
  const { data } = await node.print(work.dispatchId, 10, 'more');
  expect(data.appendDispatchOutput.nextOffset).toBe(14);
  await node.finish(work.dispatchId);
  expect(await outcome).toMatchObject({ status: 'SUCCEEDED' });
  expect(work.output.join('')).toBe('more');
});

test('a dispatch that no agent has seen is sent under the same id, and runs', async () => {
  const gateway = shared();
  const work = resume(gateway, 'unseen', { instanceId: undefined, isAcknowledged: false });
  await using node = await startNode(gateway, 'unseen');
  const { outcome } = await work.start();
  expect((await node.take())['dispatchId']).toBe(work.dispatchId);
  await node.finish(work.dispatchId);
  expect(await outcome).toMatchObject({ status: 'SUCCEEDED' });
});

test('a dispatch waits for its agent, and is decided when the agent says what it has', async () => {
  const gateway = shared();
  const work = resume(gateway, 'comes-back', { instanceId: 'p1', isAcknowledged: true });
  const before = await startNode(gateway, 'comes-back', { instanceId: 'p1' });
  await before[Symbol.asyncDispose]();
  const { outcome } = await work.start();
  const options = { instanceId: 'p1', running: [work.dispatchId] };
  await using node = connectNode(gateway.url, before.token, options);
  expect((await node.next('InboxOpened'))['unknownDispatchIds']).toEqual([]);
  expect(await node.finish(work.dispatchId, { result: 'kept' })).toBe(true);
  expect(await outcome).toMatchObject({ status: 'SUCCEEDED', result: 'kept' });
});

test('a dispatch that the agent has ended is sent again for its result, and may not start again', async () => {
  const gateway = shared();
  const work = resume(gateway, 'ended', { instanceId: 'p1', isAcknowledged: true });
  await using node = await startNode(gateway, 'ended', { instanceId: 'p1' });
  const { outcome } = await work.start();
  await node.next('RunDispatch');
  expect(await node.acknowledge(work.dispatchId)).toBe(false);
  expect(await node.finish(work.dispatchId, { result: 'again' })).toBe(true);
  expect(await outcome).toMatchObject({ status: 'SUCCEEDED', result: 'again' });
});

test('a dispatch that the agent does not report is lost, and the gateway does not guess whether it ran', async () => {
  const gateway = shared();
  const work = resume(gateway, 'silent', { instanceId: 'p1', isAcknowledged: true });
  await using _ = await startNode(gateway, 'silent', { instanceId: 'p1' });
  expect(await (await work.start()).outcome).toEqual({
    status: 'FAILED',
    errorCode: 'NODE_OFFLINE',
    result:
      'The node "silent" did not take the call within 300 ms. It is not known whether the tool ran to its end.',
  });
});

test('a dispatch that another process of the agent had is lost, and is not sent', async () => {
  const gateway = shared();
  const work = resume(gateway, 'anew', { instanceId: 'p1', isAcknowledged: false });
  await using node = await startNode(gateway, 'anew', { instanceId: 'p2' });
  expect(await (await work.start()).outcome).toMatchObject({
    errorCode: 'NODE_OFFLINE',
    result: 'The agent of the node was started anew. It is not known whether the tool ran to its end.',
  });
  expect(node.commands).toHaveLength(1);
});

test('a dispatch that an unknown process began goes on with the process that has it', async () => {
  const gateway = shared();
  const work = resume(gateway, 'unknown', { instanceId: '', isAcknowledged: false });
  await using node = await startNode(gateway, 'unknown', { instanceId: 'p1', running: [work.dispatchId] });
  const { outcome } = await work.start();
  await expect.poll(() => node.acknowledge(work.dispatchId)).toBe(true);
  await node.finish(work.dispatchId, { result: 'done' });
  expect(await outcome).toMatchObject({ status: 'SUCCEEDED', result: 'done' });
});

test('a dispatch that may run is cancelled on its node', async () => {
  const gateway = shared();
  const work = resume(gateway, 'stops', { instanceId: 'p1', isAcknowledged: true });
  await using node = await startNode(gateway, 'stops', { instanceId: 'p1', running: [work.dispatchId] });
  const { outcome } = await work.start();
  await expect.poll(() => node.acknowledge(work.dispatchId)).toBe(true);
  work.cancel.abort();
  await node.next('CancelDispatch');
  await node.finish(work.dispatchId, { status: 'CANCELLED', result: 'stopped' });
  expect(await outcome).toEqual({ status: 'CANCELLED', stopped: true, result: 'stopped' });
});

test('a dispatch that may run is cancelled on its node, also when its run was cancelled before it asked', async () => {
  const gateway = shared();
  const work = resume(gateway, 'too-late', { instanceId: 'p1', isAcknowledged: true });
  await using node = await startNode(gateway, 'too-late', { instanceId: 'p1', running: [work.dispatchId] });
  work.cancel.abort();
  const { outcome } = await work.start();
  await node.next('CancelDispatch');
  await node.finish(work.dispatchId, { status: 'CANCELLED', result: 'stopped' });
  expect(await outcome).toEqual({ status: 'CANCELLED', stopped: true, result: 'stopped' });
});

test('an agent keeps a dispatch whose run has not asked for it yet, and repeats its reports', async () => {
  const gateway = shared();
  await using node = await startNode(gateway, 'early');
  const sessionId = await createNodeSession(gateway, ['early']);
  gateway.model.script([run('ls')], [text('Done.')]);
  const seen = collect(chat(gateway.client(), { sessionId, prompt: 'Work' }));
  const { dispatchId } = await node.take();
  const unasked = randomUUID();
  const { database } = gateway.services;
  // As after a restart: the call is stored, and no run has told the gateway of its dispatch.
  await database.toolCall.update({ where: { dispatchId }, data: { dispatchId: unasked } });

  const stranger = randomUUID();
  expect(await node.beat([unasked, stranger])).toEqual([stranger]);
  const tryAgain = { code: 'OVERLOADED', retryAfter: 1 };
  await expect(node.acknowledge(unasked)).rejects.toMatchObject(tryAgain);
  await expect(node.finish(unasked)).rejects.toMatchObject(tryAgain);
  expect((await node.print(unasked, 0, 'text')).errors?.[0]?.extensions).toMatchObject(tryAgain);

  await node.finish(dispatchId);
  await seen;
  expect(await node.beat([unasked])).toEqual([unasked]);
  expect(await node.finish(unasked)).toBe(false);
});
