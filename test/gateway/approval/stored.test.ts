import { expect, test } from 'vitest';
import { chat, until } from '../../support/gateway/chat.ts';
import { createDeafBus } from '../../support/gateway/counting-bus.ts';
import { jwtSettings, signJwt } from '../../support/gateway/jwt.ts';
import { startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import {
  approveCall,
  collectDeciding,
  createGuardedTools,
  denyCall,
} from '../../support/gateway/tool-approval.ts';
import { text, toolCall } from '../../support/model/turn.ts';

const writes = [toolCall('w', 'write', {})];
const approvalOf = `query ($id: ID!) { run(id: $id) { assistantMessage { toolCalls {
  status approvalExpiresAt decision decidedBy
} } } }`;

test('a decision whose ring is lost is found a second later', async () => {
  await using gateway = await startScriptedGateway({ tools: createGuardedTools(), bus: createDeafBus() });
  gateway.model.script(writes, [text('Written.')]);
  const sessionId = await gateway.createSession();
  const seen = await collectDeciding(chat(gateway.client(), { sessionId, prompt: 'Go' }), (asked) =>
    approveCall(gateway, asked),
  );
  expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { content: 'Written.' } });
});

test('the run event and the call name the user who decided', async () => {
  await using gateway = await startScriptedGateway({ tools: createGuardedTools(), settings: jwtSettings });
  gateway.model.script(writes, [text('As you like.')]);
  const alice = gateway.as(await signJwt({ sub: 'alice' }));
  const sessionId = await alice.createSession();
  const seen = await collectDeciding(chat(alice.client(), { sessionId, prompt: 'Go' }), async (asked) => {
    const before = (await alice.query(approvalOf, { id: asked.runId })).run.assistantMessage.toolCalls;
    const waits = { status: 'AWAITING_APPROVAL', decision: null, decidedBy: null };
    expect(before).toEqual([{ ...waits, approvalExpiresAt: asked['expiresAt'] }]);
    await denyCall(alice, asked, 'No.');
  });
  expect(seen.find(({ __typename }) => __typename === 'ToolApprovalDecided')).toMatchObject({
    decision: 'DENIED',
    reason: 'No.',
    decidedBy: 'alice',
  });
  const { toolCalls } = (await alice.query(approvalOf, { id: seen[0]?.runId })).run.assistantMessage;
  expect(toolCalls).toMatchObject([{ status: 'DENIED', decision: 'DENIED', decidedBy: 'alice' }]);
});

test('a call may wait for longer than a timer of Node.js can', async () => {
  const year = 31_536_000_000;
  const settings = { TOOL_APPROVAL_TIMEOUT_MS: String(year) };
  await using gateway = await startScriptedGateway({ tools: createGuardedTools(), settings });
  gateway.model.script(writes, [text('Written.')]);
  const sessionId = await gateway.createSession();
  const asked = (
    await until(chat(gateway.client(), { sessionId, prompt: 'Go' }), 'ToolApprovalRequested')
  ).at(-1);
  expect(Date.parse(asked?.['expiresAt']) - Date.now()).toBeGreaterThan(year - 60_000);
  expect((await approveCall(gateway, asked ?? { runId: '' })).errors).toBeUndefined();
  await expect.poll(() => gateway.services.engine.liveRuns).toBe(0);
});
