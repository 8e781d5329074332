import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeId } from '../../../src/base/global-id.ts';
import { NodeTools } from '../../../src/nodes/tools/node-tools.ts';
import { attachedNode } from '../../../src/storage/statements/attached-nodes.ts';
import type { Reader } from '../../../src/storage/statements/statement.ts';
import { type ScriptedGateway, startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { text, toolCall } from '../../support/model/turn.ts';
import { createNodeSession } from '../../support/node/nodes.ts';
import { startOwnNode } from './own-node.ts';

const cancelRun = `mutation ($runId: ID!) { cancelRun(input: { runId: $runId }) {
  cancelled toolCalls { callId status stopped result }
} }`;
const detach =
  'mutation ($sessionId: ID!, $nodeId: String!) { detachNode(sessionId: $sessionId, nodeId: $nodeId) { id } }';
const remove = 'mutation { deleteNode(nodeId: "laptop") { nodeId } }';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScriptedGateway();
  gateway.model.otherwise(() => [text('Oh.')]);
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** Sends a prompt whose model calls a command on the laptop. */
async function askForCommand(on = gateway) {
  on.model.script([toolCall('a', 'run_command', { command: 'make' })]);
  const sessionId = await createNodeSession(on, ['laptop']);
  return { sessionId, runId: await on.send({ sessionId, prompt: 'Build it' }) };
}

/** The tool call of a run that has ended. */
async function outcomeOf(runId: string, on = gateway) {
  const query = `query ($id: ID!) { run(id: $id) { status assistantMessage { toolCalls { status result errorCode stopped } } } }`;
  const read = async () => (await on.query(query, { id: runId })).run;
  await expect.poll(async () => (await read()).status).not.toBe('RUNNING');
  return (await read()).assistantMessage.toolCalls[0];
}

test('cancelling a run cancels its dispatch on the node and waits until the node has stopped it', async () => {
  await using laptop = await startOwnNode(gateway, 'laptop');
  const { runId } = await askForCommand();
  const { dispatchId } = await laptop.take();

  const receipt = gateway.query(cancelRun, { runId });
  expect((await laptop.next('CancelDispatch'))['dispatchId']).toBe(dispatchId);
  expect(await laptop.finish(dispatchId, { status: 'CANCELLED', result: 'killed at 40%' })).toBe(true);

  expect((await receipt).cancelRun).toEqual({
    cancelled: true,
    toolCalls: [{ callId: 'a', status: 'CANCELLED', stopped: true, result: 'killed at 40%' }],
  });
});

test('cancelling a run keeps the result of a dispatch that ended in the same moment', async () => {
  await using laptop = await startOwnNode(gateway, 'laptop');
  const { runId } = await askForCommand();
  const { dispatchId } = await laptop.take();

  const receipt = gateway.query(cancelRun, { runId });
  await laptop.next('CancelDispatch');
  await laptop.finish(dispatchId, { result: 'built' });

  const toolCalls = [{ callId: 'a', status: 'SUCCEEDED', stopped: null, result: 'built' }];
  expect((await receipt).cancelRun).toEqual({ cancelled: true, toolCalls });
});

test('cancelling a run waits for the node at most CANCEL_CONFIRM_MS, and a later report corrects the tool call', async () => {
  await using impatient = await startScriptedGateway({ settings: { CANCEL_CONFIRM_MS: '100' } });
  await using laptop = await startOwnNode(impatient, 'laptop');
  const { runId } = await askForCommand(impatient);
  const { dispatchId } = await laptop.take();

  expect((await impatient.query(cancelRun, { runId })).cancelRun.toolCalls).toEqual([
    {
      callId: 'a',
      status: 'CANCELLED',
      stopped: false,
      result: 'Cancelled. The node did not confirm that it stopped.',
    },
  ]);
  expect(await laptop.beat([dispatchId])).toEqual([dispatchId]);

  // The exit code of a program that Windows ended.
  const late = { status: 'CANCELLED', result: 'stopped late', exitCode: 3_221_225_786 } as const;
  expect(await laptop.finish(dispatchId, late)).toBe(false);
  expect(await outcomeOf(runId, impatient)).toMatchObject({ stopped: true, result: 'stopped late' });
});

test('cancelling a run withdraws a dispatch that was not acknowledged, and it may not start any more', async () => {
  await using laptop = await startOwnNode(gateway, 'laptop');
  const { runId } = await askForCommand();
  const { dispatchId } = await laptop.next('RunDispatch');

  expect((await gateway.query(cancelRun, { runId })).cancelRun.toolCalls).toEqual([
    { callId: 'a', status: 'CANCELLED', stopped: true, result: 'Cancelled. Nothing was started.' },
  ]);
  expect(await laptop.acknowledge(dispatchId)).toBe(false);
});

test('detaching a node stops the dispatches of the session on it, and the model is told', async () => {
  await using laptop = await startOwnNode(gateway, 'laptop');
  const { sessionId, runId } = await askForCommand();
  const { dispatchId } = await laptop.take();

  await gateway.query(detach, { sessionId, nodeId: 'laptop' });
  expect((await laptop.next('CancelDispatch'))['dispatchId']).toBe(dispatchId);
  await laptop.finish(dispatchId, { status: 'CANCELLED', result: 'stopped' });

  expect(await outcomeOf(runId)).toEqual({
    status: 'CANCELLED',
    result: 'stopped',
    errorCode: null,
    stopped: true,
  });
  expect(JSON.stringify(gateway.model.requests.at(-1)?.body)).toContain('stopped');
});

test('detaching a node just before a call is dispatched cancels that call', async () => {
  await using laptop = await startOwnNode(gateway, 'laptop');
  const sessionId = await createNodeSession(gateway, ['laptop']);
  const { statements, dispatcher, workspaces } = gateway.services;
  const { copy } = workspaces;
  const limits = { timeoutMs: 60_000, maxTimeoutMs: 60_000, maxOutputBytes: 32_768 };
  let checks = 0;
  const slow: Reader = {
    all: statements.all,
    async get(statement, parameters) {
      const found = await statements.get(statement, parameters);
      if (statement.sql === attachedNode.sql) checks += 1;
      // The first check is the one before the call is dispatched.
      if (checks === 1) await gateway.query(detach, { sessionId, nodeId: 'laptop' });
      return found;
    },
  };
  const tools = new NodeTools({ statements: slow, dispatcher, copy, ...limits });
  const { signal } = new AbortController();
  const request = { sessionId: Number(decodeId(sessionId)?.id), runId: 1, callId: 'a' };
  const plan = await tools.plan({ ...request, name: 'run_command', args: { command: 'make' } }, signal);

  const outcome = plan.ok && (await plan.run(async () => {}, signal));

  expect(outcome).toEqual({
    status: 'CANCELLED',
    stopped: true,
    result: 'Cancelled: the node was detached from the session. Nothing was started.',
  });
  expect(await laptop.acknowledge(plan.ok ? (plan.dispatchId ?? '') : '')).toBe(false);
});

test('deleting a node fails the dispatches on it', async () => {
  await using laptop = await startOwnNode(gateway, 'laptop');
  const { runId } = await askForCommand();
  const { dispatchId } = await laptop.take();

  await gateway.query(remove);

  expect(await outcomeOf(runId)).toEqual({
    status: 'FAILED',
    result: 'This node was deleted. It is not known whether the tool ran to its end.',
    errorCode: 'NODE_OFFLINE',
    stopped: null,
  });
  const { errors } = await laptop.print(dispatchId, 0, 'too late');
  expect(errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
});
