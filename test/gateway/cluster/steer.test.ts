import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { chat, collect, follow, type SeenRunEvent, until } from '../../support/gateway/chat.ts';
import { openScriptedCluster, type ScriptedCluster } from '../../support/gateway/cluster.ts';
import { createGatedTools, steer } from '../../support/gateway/steering.ts';
import { approveCall, createGuardedTools } from '../../support/gateway/tool-approval.ts';
import { text, toolCall } from '../../support/model/turn.ts';
import { describeWithServers } from '../../support/process/servers.ts';

const names = (seen: readonly SeenRunEvent[]) => seen.map(({ __typename }) => __typename);

describeWithServers('a prompt that is to join an answer', () => {
  let cluster: ScriptedCluster;
  beforeAll(async () => {
    cluster = await openScriptedCluster();
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  test('joins the answer that another gateway writes, and its sender follows it there', async () => {
    const { tools, gatedCall } = createGatedTools();
    await using owner = await cluster.start({ tools });
    await using other = await cluster.start();
    const { gate, call } = gatedCall('a');
    cluster.model.script([text('Working.'), call], [text('Done, in blue.')]);
    const sessionId = await owner.createSession();
    const seen = collect(chat(owner.client(), { sessionId, prompt: 'Go' }));
    await gate.reached;
    const reads = vi.spyOn(owner.services.statements, 'all');
    const input = { sessionId, prompt: 'Blue', onBusy: 'STEER', requestId: 'r' } as const;
    const sent = collect(chat(other.client(), input));
    // Its ring reaches the owner, which asks what it is wanted for.
    const isTold = async () => {
      const results = await Promise.all(reads.mock.results.map(({ value }) => value));
      return results.flat().some((row) => row?.stopCause === null && Object.keys(row).length === 2);
    };
    await expect.poll(isTold).toBe(true);
    gate.release();
    expect(names(await seen)).toContain('PromptSteered');
    expect((await sent).at(-1)).toEqual((await seen).at(-1));
    expect(names(await sent).slice(0, 2)).toEqual(['RunQueued', 'PromptSteered']);
    const again = await collect(chat(other.client(), input, (await sent)[1]?.seq));
    expect(again).toEqual((await sent).slice(2));
  });

  test('joins the answer through the gateway that goes on with it, when its own one has stopped', async () => {
    await using owner = await cluster.start({ tools: createGuardedTools() });
    await using other = await cluster.start({ tools: createGuardedTools() });
    cluster.model.script([text('Let me. '), toolCall('w', 'write', {})], [text('Written, in blue.')]);
    const sessionId = await owner.createSession();
    const asked = (
      await until(chat(owner.client(), { sessionId, prompt: 'Go' }), 'ToolApprovalRequested')
    ).at(-1) as SeenRunEvent;
    const { id } = await steer(owner, { sessionId, prompt: 'Blue' });
    const sent = collect(follow(other.client(), id));
    await owner[Symbol.asyncDispose]();
    expect((await approveCall(other, asked)).errors).toBeUndefined();
    expect(names(await sent).slice(0, 2)).toEqual(['RunQueued', 'PromptSteered']);
    expect((await sent).at(-1)).toMatchObject({
      __typename: 'RunCompleted',
      runId: asked.runId,
      message: { content: 'Let me. \n\nWritten, in blue.' },
    });
    const told = cluster.model.requests.at(-1)?.body['messages'] as object[];
    expect(told.slice(-3)).toMatchObject([
      { role: 'tool', content: 'written' },
      { role: 'assistant' },
      { role: 'user', content: 'Blue' },
    ]);
  });
});
