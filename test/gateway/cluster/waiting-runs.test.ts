import { afterAll, beforeAll, expect, test } from 'vitest';
import { chat, collect, follow, type SeenRunEvent, until } from '../../support/gateway/chat.ts';
import { openScriptedCluster, type ScriptedCluster } from '../../support/gateway/cluster.ts';
import { approveCall, collectDeciding, createGuardedTools } from '../../support/gateway/tool-approval.ts';
import { text, toolCall } from '../../support/model/turn.ts';
import { describeWithServers } from '../../support/process/servers.ts';

describeWithServers('a run that waits for an approval', () => {
  let cluster: ScriptedCluster;
  beforeAll(async () => {
    cluster = await openScriptedCluster();
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  test('goes on when somebody approves its call on another gateway', async () => {
    const tools = createGuardedTools();
    await using owner = await cluster.start({ tools });
    await using other = await cluster.start({ tools: createGuardedTools() });
    cluster.model.script([toolCall('w', 'write', {})], [text('Written.')]);
    const sessionId = await owner.createSession();
    const seen = await collectDeciding(chat(owner.client(), { sessionId, prompt: 'Go' }), async (asked) => {
      expect((await approveCall(other, asked)).errors).toBeUndefined();
    });
    expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { content: 'Written.' } });
    expect(tools.requests).toHaveLength(1);
  });

  test('goes on through another gateway when its own one stops, and a follower there misses nothing', async () => {
    const first = createGuardedTools();
    const second = createGuardedTools();
    await using owner = await cluster.start({ tools: first });
    await using other = await cluster.start({ tools: second });
    cluster.model.script([text('Let me. '), toolCall('w', 'write', {})], [text('Written.')]);
    const sessionId = await owner.createSession();
    const asked = (
      await until(chat(owner.client(), { sessionId, prompt: 'Go' }), 'ToolApprovalRequested')
    ).at(-1) as SeenRunEvent;
    await owner[Symbol.asyncDispose]();
    expect((await approveCall(other, asked)).errors).toBeUndefined();

    const seen = await collect(follow(other.client(), asked.runId, asked.seq));
    expect(seen.slice(0, 3)).toMatchObject([
      { __typename: 'HistoryGap', fromSeq: asked.seq + 1 },
      { __typename: 'RunResumed', content: 'Let me. ' },
      { __typename: 'ToolCallStarted', callId: 'w' },
    ]);
    expect(seen.at(-1)).toMatchObject({
      __typename: 'RunCompleted',
      message: { content: 'Let me. \n\nWritten.', toolCalls: [{ callId: 'w', status: 'SUCCEEDED' }] },
    });
    expect([first.requests.length, second.requests.length]).toEqual([0, 1]);
  });
});
