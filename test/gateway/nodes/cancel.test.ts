import { describe, expect, test } from 'vitest';
import { NodeTools } from '../../../src/nodes/tools/node-tools.ts';
import { type ScriptedGateway, startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { text, toolCall } from '../../support/model/turn.ts';
import { createNodeSession, startNode } from '../../support/node/nodes.ts';

const cancelRun = `mutation ($runId: ID!) { cancelRun(runId: $runId) {
  cancelled toolCalls { callId status stopped result }
} }`;
const detach =
  'mutation ($sessionId: ID!, $nodeId: String!) { detachNode(sessionId: $sessionId, nodeId: $nodeId) { id } }';
const remove = 'mutation { deleteNode(nodeId: "laptop") { nodeId } }';

const impatient = { settings: { CANCEL_CONFIRM_MS: '100' } };

/** Alice asks for a command on her laptop; it is with the gateway now. */
async function askForCommand(gateway: ScriptedGateway) {
  gateway.model.script([toolCall('a', 'run_command', { command: 'make' })], [text('Oh.')]);
  const sessionId = await createNodeSession(gateway, ['laptop']);
  return { sessionId, runId: await gateway.send({ sessionId, prompt: 'Build it' }) };
}

async function outcomeOf(gateway: ScriptedGateway, runId: string) {
  const query = `query ($id: ID!) { run(id: $id) { status assistantMessage { toolCalls { status result errorCode stopped } } } }`;
  const read = async () => (await gateway.query(query, { id: runId })).run;
  await expect.poll(async () => (await read()).status).not.toBe('RUNNING');
  return (await read()).assistantMessage.toolCalls[0];
}

describe('cancelling a run', () => {
  test('cancels the dispatch on its node and waits until it has stopped', async () => {
    await using gateway = await startScriptedGateway();
    await using laptop = await startNode(gateway, 'laptop');
    const { runId } = await askForCommand(gateway);
    const { dispatchId } = await laptop.take();

    const receipt = gateway.query(cancelRun, { runId });
    expect((await laptop.next('CancelDispatch'))['dispatchId']).toBe(dispatchId);
    expect(await laptop.finish(dispatchId, { status: 'CANCELLED', result: 'killed at 40%' })).toBe(true);

    expect((await receipt).cancelRun).toEqual({
      cancelled: true,
      toolCalls: [{ callId: 'a', status: 'CANCELLED', stopped: true, result: 'killed at 40%' }],
    });
  });

  test('keeps the result of a dispatch that has just ended', async () => {
    await using gateway = await startScriptedGateway();
    await using laptop = await startNode(gateway, 'laptop');
    const { runId } = await askForCommand(gateway);
    const { dispatchId } = await laptop.take();

    const receipt = gateway.query(cancelRun, { runId });
    await laptop.next('CancelDispatch');
    await laptop.finish(dispatchId, { result: 'built' });

    const toolCalls = [{ callId: 'a', status: 'SUCCEEDED', stopped: null, result: 'built' }];
    expect((await receipt).cancelRun).toEqual({ cancelled: true, toolCalls });
  });

  test('does not wait for ever, and what the node says later is kept', async () => {
    await using gateway = await startScriptedGateway(impatient);
    await using laptop = await startNode(gateway, 'laptop');
    const { runId } = await askForCommand(gateway);
    const { dispatchId } = await laptop.take();

    expect((await gateway.query(cancelRun, { runId })).cancelRun.toolCalls).toEqual([
      {
        callId: 'a',
        status: 'CANCELLED',
        stopped: false,
        result: 'Cancelled. The node did not confirm that it stopped.',
      },
    ]);
    expect(await laptop.beat([dispatchId])).toEqual([dispatchId]);

    expect(await laptop.finish(dispatchId, { status: 'CANCELLED', result: 'stopped late' })).toBe(false);
    expect(await outcomeOf(gateway, runId)).toMatchObject({ stopped: true, result: 'stopped late' });
  });

  test('takes back a dispatch that was not acknowledged, which may not start any more', async () => {
    await using gateway = await startScriptedGateway();
    await using laptop = await startNode(gateway, 'laptop');
    const { runId } = await askForCommand(gateway);
    const { dispatchId } = await laptop.next('RunDispatch');

    expect((await gateway.query(cancelRun, { runId })).cancelRun.toolCalls).toEqual([
      { callId: 'a', status: 'CANCELLED', stopped: true, result: 'Cancelled. Nothing was started.' },
    ]);
    expect(await laptop.acknowledge(dispatchId)).toBe(false);
  });
});

describe('a node that is taken away from a session', () => {
  test('stops what the session runs on it, and the model is told', async () => {
    await using gateway = await startScriptedGateway();
    await using laptop = await startNode(gateway, 'laptop');
    const { sessionId, runId } = await askForCommand(gateway);
    const { dispatchId } = await laptop.take();

    await gateway.query(detach, { sessionId, nodeId: 'laptop' });
    expect((await laptop.next('CancelDispatch'))['dispatchId']).toBe(dispatchId);
    await laptop.finish(dispatchId, { status: 'CANCELLED', result: 'stopped' });

    expect(await outcomeOf(gateway, runId)).toEqual({
      status: 'CANCELLED',
      result: 'stopped',
      errorCode: null,
      stopped: true,
    });
    expect(JSON.stringify(gateway.model.requests[1]?.body)).toContain('stopped');
  });

  test('while a call of it is about to start does not go on running that', async () => {
    await using gateway = await startScriptedGateway();
    await using laptop = await startNode(gateway, 'laptop');
    const sessionId = await createNodeSession(gateway, ['laptop']);
    const { database, dispatcher } = gateway.services;
    let looks = 0;
    const slow = database.$extends({
      query: {
        sessionNode: {
          async count({ args, query }) {
            const found = await query(args);
            looks += 1;
            // The first look starts the call.
            if (looks === 1) await gateway.query(detach, { sessionId, nodeId: 'laptop' });
            return found;
          },
        },
      },
    }) as unknown as typeof database;
    const tools = new NodeTools({ database: slow, dispatcher, timeoutMs: 60_000, maxTimeoutMs: 60_000 });
    const plan = await tools.plan({
      sessionId: 1,
      runId: 1,
      callId: 'a',
      name: 'run_command',
      args: { command: 'make' },
    });

    const outcome = plan.ok && (await plan.run(async () => {}, new AbortController().signal));

    expect(outcome).toEqual({
      status: 'CANCELLED',
      stopped: true,
      result: 'Cancelled: the node was detached from the session. Nothing was started.',
    });
    expect(await laptop.acknowledge(plan.ok ? (plan.dispatchId ?? '') : '')).toBe(false);
  });

  test('because it was deleted fails what runs on it', async () => {
    await using gateway = await startScriptedGateway();
    await using laptop = await startNode(gateway, 'laptop');
    const { runId } = await askForCommand(gateway);
    const { dispatchId } = await laptop.take();

    await gateway.query(remove);

    expect(await outcomeOf(gateway, runId)).toEqual({
      status: 'FAILED',
      result: 'This node was deleted. It is not known whether the tool ran to its end.',
      errorCode: 'NODE_OFFLINE',
      stopped: null,
    });
    const { errors } = await laptop.print(dispatchId, 0, 'too late');
    expect(errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
  });
});
