import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { chat, type SeenRunEvent } from '../../support/gateway/chat.ts';
import { type ScriptedGateway, startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { approveCall, toolCallsOf } from '../../support/gateway/tool-approval.ts';
import { text, toolCall } from '../../support/model/turn.ts';
import { connectNode } from '../../support/node/node-client.ts';
import { createNodeSession } from '../../support/node/nodes.ts';
import { startOwnNode } from '../nodes/own-node.ts';

const detach = 'mutation ($id: ID!) { detachNode(sessionId: $id, nodeId: "laptop") { id } }';
const switchOff = 'mutation { updateNode(nodeId: "laptop", input: { isActive: false }) { nodeId } }';
const remove = 'mutation { deleteNode(nodeId: "laptop") { nodeId } }';

let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScriptedGateway({ settings: { NODE_GRACE_MS: '100' } });
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(() => {
  gateway.model.script([toolCall('a', 'run_command', { command: 'make' })], [text('Oh.')]);
});

interface Question {
  sessionId: string;
  asked: SeenRunEvent;
  /** The run events behind the question, to the end of the run. */
  rest(): Promise<SeenRunEvent[]>;
}

/** Sends a prompt, and resolves when its tool call waits for an approval. */
async function ask(): Promise<Question> {
  const sessionId = await createNodeSession(gateway, ['laptop'], { toolApproval: 'ASK' });
  const seen = chat(gateway.client(), { sessionId, prompt: 'Build it' });
  for (;;) {
    const { value, done } = await seen.next();
    if (done) throw new Error('The run ended without a question.');
    if (value.__typename !== 'ToolApprovalRequested') continue;
    const rest = async () => {
      const events: SeenRunEvent[] = [];
      for await (const event of seen) events.push(event);
      return events;
    };
    return { sessionId, asked: value, rest };
  }
}

/** Checks that the run goes on without the call, and that nobody can approve it any more. */
async function expectWithdrawn({ asked, rest }: Question, errorCode: string, result: string): Promise<void> {
  const seen = await rest();
  expect(seen.map(({ __typename }) => __typename)).not.toContain('ToolApprovalDecided');
  expect(seen.find(({ __typename }) => __typename === 'ToolCallFinished')).toMatchObject({
    callId: 'a',
    status: 'FAILED',
    errorCode,
    result,
  });
  expect(seen.at(-1)?.__typename).toBe('RunCompleted');
  expect(JSON.stringify(gateway.model.requests.at(-1)?.body)).toContain(JSON.stringify(result).slice(1, -1));
  expect(await toolCallsOf(gateway, asked.runId)).toMatchObject([{ status: 'FAILED', errorCode, result }]);
  const { errors } = await approveCall(gateway, asked);
  expect(errors).toMatchObject([
    { message: 'This tool call has ended and needs no decision.', extensions: { code: 'CONFLICT' } },
  ]);
}

describe('a question is withdrawn', () => {
  test('when the node of its call is detached', async () => {
    await using _laptop = await startOwnNode(gateway, 'laptop');
    const question = await ask();
    await gateway.query(detach, { id: question.sessionId });
    const gone = 'The node "laptop" is not attached to the session any more. Nothing was started.';
    await expectWithdrawn(question, 'NODE_OFFLINE', gone);
  });

  test('when the node of its call does not come back in time', async () => {
    await using laptop = await startOwnNode(gateway, 'laptop');
    const question = await ask();
    laptop.leave();
    const gone = 'The node "laptop" is offline and did not come back in time. Nothing was started.';
    await expectWithdrawn(question, 'NODE_OFFLINE', gone);
  });

  test.each([
    ['switched off', switchOff, 'This node is switched off: see `updateNode`. Nothing was started.'],
    ['deleted', remove, 'This node was deleted. Nothing was started.'],
  ])('when the node of its call is %s', async (_what, change, result) => {
    await using _laptop = await startOwnNode(gateway, 'laptop');
    const question = await ask();
    await gateway.query(change);
    await expectWithdrawn(question, 'NODE_OFFLINE', result);
  });

  test('when the agent comes back with a policy that refuses the call', async () => {
    await using laptop = await startOwnNode(gateway, 'laptop');
    const question = await ask();
    await using again = connectNode(gateway.url, laptop.token, { checksCalls: true });
    const { dispatchId, tool, args } = await again.next('CheckDispatch');
    expect([tool, args]).toEqual(['run_command', { command: 'make' }]);
    const result = 'The policy of this machine does not allow "make".';
    expect(await again.answerCheck(dispatchId, { errorCode: 'POLICY', result })).toBe(true);
    await expectWithdrawn(question, 'POLICY', result);
    expect(await again.answerCheck(dispatchId, { errorCode: 'POLICY', result })).toBe(false);
  });
});

test('a question stays open while its node is away for a moment, and when its agent would still run the call', async () => {
  await using laptop = await startOwnNode(gateway, 'laptop');
  const { asked, rest } = await ask();
  await using again = connectNode(gateway.url, laptop.token, { checksCalls: true });
  const { dispatchId } = await again.next('CheckDispatch');
  expect(await again.answerCheck(dispatchId)).toBe(true);

  expect((await approveCall(gateway, asked)).errors).toBeUndefined();
  const seen = rest();
  const dispatch = await again.take();
  await again.finish(dispatch['dispatchId'], { result: 'built' });
  expect((await seen).find(({ __typename }) => __typename === 'ToolCallFinished')).toMatchObject({
    status: 'SUCCEEDED',
    result: 'built',
  });
});

test('only the node of a call can refuse it, before the question and after', async () => {
  await using laptop = await startOwnNode(gateway, 'laptop', { checksCalls: true });
  await using mallory = await startOwnNode(gateway, 'mallory', { checksCalls: true });
  const asking = ask();
  const { dispatchId } = await laptop.next('CheckDispatch');
  const refusal = { errorCode: 'POLICY', result: 'pwned' } as const;
  expect(await mallory.answerCheck(dispatchId, refusal)).toBe(false);
  expect(await laptop.answerCheck(dispatchId)).toBe(true);
  const question = await asking;
  expect(await mallory.answerCheck(dispatchId, refusal)).toBe(false);

  expect(await laptop.answerCheck(dispatchId, { errorCode: 'POLICY', result: 'No\0 \u001b[2J' })).toBe(true);
  await expectWithdrawn(question, 'POLICY', 'No\uFFFD \u001b[2J');
  expect(await laptop.answerCheck(dispatchId, refusal)).toBe(false);
});
