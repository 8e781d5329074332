import { afterAll, beforeAll, expect, test } from 'vitest';
import { chat, collect, follow, type SeenRunEvent, textOf, until } from '../../support/gateway/chat.ts';
import { openScriptedCluster, type ScriptedCluster } from '../../support/gateway/cluster.ts';
import type { TestGateway } from '../../support/gateway/gateway.ts';
import { approveCall } from '../../support/gateway/tool-approval.ts';
import { createTools } from '../../support/gateway/tool-double.ts';
import { createGate, text, toolCall } from '../../support/model/turn.ts';
import { describeWithServers } from '../../support/process/servers.ts';

describeWithServers('runs of gateways that act as one', () => {
  let cluster: ScriptedCluster;
  let [one, other, third] = [] as unknown as [TestGateway, TestGateway, TestGateway];
  beforeAll(async () => {
    cluster = await openScriptedCluster();
    const tools = createTools({ write: () => 'written' }, { needApproval: ['write'] });
    [one, other, third] = await Promise.all([cluster.start({ tools }), cluster.start(), cluster.start()]);
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  const cancelRun = (gateway: TestGateway, id: string) =>
    gateway.query('mutation ($id: ID!) { cancelRun(input: { runId: $id }) { cancelled run { status } } }', {
      id,
    });
  const seqsOf = (seen: SeenRunEvent[]) => seen.map(({ seq }) => seq);
  const storedText = async (gateway: TestGateway, id: string) => {
    const { data } = await gateway.graphql(
      'query ($id: ID!) { run(id: $id) { status lastSeq assistantMessage { content status } } }',
      { id },
    );
    return data.run;
  };

  test('a follower on another gateway sees every run event while it is written', async () => {
    const gate = createGate();
    const words = Array.from({ length: 300 }, (_, n) => `word ${n} `);
    cluster.model.script([text(...words), gate, text('end')]);
    const sessionId = await one.createSession();
    const begun = chat(one.client(), { sessionId, prompt: 'Hi', requestId: 'r1' });
    const first = await begun.next();
    const { runId } = first.value as SeenRunEvent;
    const follower = follow(other.client(), runId);
    const seen = await until(follow(third.client(), runId), 'TextDelta', 'word 299 ');
    // The same prompt, sent again to another gateway, follows the run that is there.
    const again = chat(third.client(), { sessionId, prompt: 'Hi', requestId: 'r1' }, seen.at(-1)?.seq);
    gate.release();
    const all = await collect(follower);
    const own = [first.value as SeenRunEvent, ...(await collect(begun))];
    const rest = await collect(again);
    expect(textOf(all)).toBe(`${words.join('')}end`);
    expect(textOf(own)).toBe(textOf(all));
    expect(textOf(seen) + textOf(rest)).toBe(textOf(all));
    expect(all.at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { content: textOf(all) } });
    // A follower that lags gets deltas merged, with the seq of the last.
    expect(seqsOf(all)).toEqual([...new Set(seqsOf(all))].toSorted((a, b) => a - b));
    const replayed = await collect(follow(other.client(), runId, 0));
    expect(replayed.map(({ __typename }) => __typename)).toEqual([
      ...['RunStarted', 'TextDelta', 'TextDelta', 'UsageReported', 'RunCompleted'],
    ]);
    expect(replayed.at(-1)?.seq).toBe(own.at(-1)?.seq);
  });

  test('a run is cancelled from another gateway, which waits until its partial answer is saved', async () => {
    const gate = createGate();
    cluster.model.script([text('Part'), gate]);
    const sessionId = await one.createSession();
    const begun = chat(one.client(), { sessionId, prompt: 'Hi' });
    const seen = await until(begun, 'TextDelta');
    const runId = seen[0]?.runId ?? '';
    const startedAt = performance.now();
    const data = await cancelRun(other, runId);
    expect(data.cancelRun).toEqual({ cancelled: true, run: { status: 'CANCELLED' } });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(await storedText(third, runId)).toMatchObject({
      status: 'CANCELLED',
      assistantMessage: { content: 'Part', status: 'CANCELLED' },
    });
    expect((await collect(follow(third.client(), runId))).at(-1)).toMatchObject({
      __typename: 'RunCancelled',
      cause: 'USER',
    });
  });

  test('a prompt that waits on one gateway is started when the run on another has ended', async () => {
    const gate = createGate();
    cluster.model.script([text('first'), gate], [text('second')]);
    const sessionId = await one.createSession();
    const first = chat(one.client(), { sessionId, prompt: 'One' });
    await first.next();
    const second = chat(other.client(), { sessionId, prompt: 'Two', onBusy: 'ENQUEUE' });
    const queued = (await second.next()).value as SeenRunEvent;
    expect(queued).toMatchObject({ __typename: 'RunQueued', seq: 1 });
    const follower = follow(third.client(), queued.runId);
    expect((await follower.next()).value).toMatchObject({ __typename: 'RunQueued', seq: 1 });
    gate.release();
    const [all, rest] = await Promise.all([collect(follower), collect(second), collect(first)]);
    expect(textOf(all)).toBe('second');
    expect(all[0]).toMatchObject({ __typename: 'RunStarted', seq: 2 });
    expect(textOf(rest)).toBe('second');
  });

  test('a prompt that interrupts from another gateway ends the run, and is answered', async () => {
    cluster.model.script([text('first'), createGate()], [text('second')]);
    const sessionId = await one.createSession();
    const first = chat(one.client(), { sessionId, prompt: 'One' });
    await until(first, 'TextDelta');
    const second = await collect(chat(other.client(), { sessionId, prompt: 'Two', onBusy: 'INTERRUPT' }));
    expect(textOf(second)).toBe('second');
    const { data } = await third.graphql(
      `query ($id: ID!) { session(id: $id) { messages(first: 10) { nodes { content status cancelCause } } } }`,
      { id: sessionId },
    );
    expect(data.session.messages.nodes).toMatchObject([
      { content: 'One', status: 'COMPLETE' },
      { content: 'first', status: 'CANCELLED', cancelCause: 'SUPERSEDED' },
      { content: 'Two', status: 'COMPLETE' },
      { content: 'second', status: 'COMPLETE' },
    ]);
  });

  test('a queued prompt is cancelled on a gateway that did not get it', async () => {
    const gate = createGate();
    cluster.model.script([text('first'), gate]);
    const sessionId = await one.createSession();
    const first = chat(one.client(), { sessionId, prompt: 'One' });
    await first.next();
    const second = chat(other.client(), { sessionId, prompt: 'Two', onBusy: 'ENQUEUE' });
    const queued = (await second.next()).value as SeenRunEvent;
    expect((await cancelRun(third, queued.runId)).cancelRun.cancelled).toBe(true);
    expect(await collect(second)).toMatchObject([{ __typename: 'RunCancelled', seq: 2 }]);
    gate.release();
    await collect(first);
  });

  test('a tool call is approved on another gateway than the one that waits for it', async () => {
    cluster.model.script([toolCall('c1', 'write', {})], [text('Done')]);
    const sessionId = await one.createSession();
    const begun = chat(one.client(), { sessionId, prompt: 'Hi' });
    const asked = await until(begun, 'ToolApprovalRequested');
    const runId = asked[0]?.runId ?? '';
    const follower = follow(third.client(), runId);
    await until(follow(third.client(), runId), 'ToolApprovalRequested');
    const { data } = await approveCall(other, { runId, callId: 'c1' });
    expect(data.toolCall.status).toBe('RUNNING');
    const seen = await collect(follower);
    expect(seen).toContainEqual(
      expect.objectContaining({ __typename: 'ToolCallFinished', status: 'SUCCEEDED', result: 'written' }),
    );
    expect(textOf(seen)).toBe('Done');
  });

  test('a session is deleted on another gateway than the one that answers in it', async () => {
    cluster.model.script([text('first'), createGate()]);
    const sessionId = await one.createSession();
    const first = chat(one.client(), { sessionId, prompt: 'One' });
    await first.next();
    await other.query('mutation ($id: ID!) { deleteSession(id: $id) { deletedSessionId } }', {
      id: sessionId,
    });
    expect((await collect(first)).at(-1)).toMatchObject({ __typename: 'RunCancelled', cause: 'DELETED' });
  });

  test('a cursor beyond everything that a gateway can have told is refused, also elsewhere', async () => {
    cluster.model.script([text('first')]);
    const sessionId = await one.createSession();
    const seen = await collect(chat(one.client(), { sessionId, prompt: 'One' }));
    const { runId, seq } = seen.at(-1) as SeenRunEvent;
    await expect(collect(follow(other.client(), runId, seq + 1))).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    expect(await collect(follow(other.client(), runId, seq))).toEqual([]);
  });
});
