import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTemporaryFolder } from '../support/files/temporary-folder.ts';
import { chat, collect, follow, type SeenRunEvent, textOf, until } from '../support/gateway/chat.ts';
import { openScriptedCluster, type ScriptedCluster } from '../support/gateway/cluster.ts';
import type { TestGateway } from '../support/gateway/gateway.ts';
import type { GatewayApi } from '../support/gateway/gateway-api.ts';
import { approveCall } from '../support/gateway/tool-approval.ts';
import { createGate, text } from '../support/model/turn.ts';
import { run } from '../support/node/agent-calls.ts';
import { createNodeSession, startNode } from '../support/node/nodes.ts';
import { type GatewayProcess, startGatewayProcess } from '../support/process/gateway-process.ts';
import { describeWithServers } from '../support/process/servers.ts';

describeWithServers('a gateway among others', () => {
  let cluster: ScriptedCluster;
  /** The gateway that lives on, in this process. */
  let survivor: TestGateway;
  beforeAll(async () => {
    cluster = await openScriptedCluster({ MODEL_CONTEXT_LIMITS: 'openai-compatible/scripted=4000' });
    survivor = await cluster.start();
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  /** A gateway of the cluster in a process of its own. */
  async function startOther(): Promise<GatewayProcess> {
    const folder = await openTemporaryFolder();
    const other = await startGatewayProcess({ ...cluster.settings, DATA_DIR: folder.path });
    const kill = other[Symbol.asyncDispose];
    return Object.assign(other, {
      async [Symbol.asyncDispose]() {
        await kill();
        await folder[Symbol.asyncDispose]();
      },
    });
  }
  const runOf = async (gateway: GatewayApi, id: string) => {
    const fields = 'status lastSeq error { code } assistantMessage { content status }';
    return (await gateway.query(`query ($id: ID!) { run(id: $id) { ${fields} } }`, { id })).run;
  };
  const terminals = (seen: SeenRunEvent[]) =>
    seen.filter(({ __typename }) => /^Run(Completed|Cancelled|Failed)$/.test(__typename));

  test('that is killed leaves its run to another, which ends it and starts the prompt that waits', async () => {
    await using other = await startOther();
    cluster.model.script([text('Half '), createGate()], [text('Second')]);
    const sessionId = await survivor.createSession();
    const begun = chat(other.client(), { sessionId, prompt: 'One' });
    const told = await until(begun, 'TextDelta');
    const runId = told[0]?.runId ?? '';
    const follower = collect(follow(survivor.client(), runId));
    const waiting = chat(survivor.client(), { sessionId, prompt: 'Two', onBusy: 'ENQUEUE' });
    expect((await waiting.next()).value).toMatchObject({ __typename: 'RunQueued' });
    await expect.poll(async () => (await runOf(survivor, runId)).assistantMessage.content).toBe('Half ');
    other.kill('SIGKILL');

    const seen = await follower;
    expect(textOf(seen)).toBe('Half ');
    // Some run events may have been lost with the gateway that wrote them, and nobody knows how many.
    expect(seen.at(-2)?.__typename).toBe('HistoryGap');
    expect(terminals(seen)).toMatchObject([{ __typename: 'RunFailed', code: 'INTERRUPTED' }]);
    expect(await runOf(survivor, runId)).toEqual({
      status: 'FAILED',
      lastSeq: seen.at(-1)?.seq,
      error: { code: 'INTERRUPTED' },
      assistantMessage: { content: 'Half ', status: 'INTERRUPTED' },
    });
    const second = await collect(waiting);
    expect(textOf(second)).toBe('Second');
    expect(terminals(second)).toMatchObject([{ __typename: 'RunCompleted' }]);
  });

  test('that is killed while another cancels its run: the run ends as cancelled', async () => {
    await using other = await startOther();
    cluster.model.script([text('Half '), createGate()]);
    const sessionId = await survivor.createSession();
    const told = await until(chat(other.client(), { sessionId, prompt: 'One' }), 'TextDelta');
    const runId = told[0]?.runId ?? '';
    await expect.poll(async () => (await runOf(survivor, runId)).assistantMessage.content).toBe('Half ');
    other.kill('SIGKILL');
    await other.exited;
    const data = await survivor.query(
      'mutation ($id: ID!) { cancelRun(input: { runId: $id }) { cancelled } }',
      { id: runId },
    );
    expect(data.cancelRun.cancelled).toBe(true);
    expect(await runOf(survivor, runId)).toMatchObject({
      status: 'CANCELLED',
      assistantMessage: { content: 'Half ', status: 'CANCELLED' },
    });
    expect(terminals(await collect(follow(survivor.client(), runId)))).toMatchObject([
      { __typename: 'RunCancelled', cause: 'USER' },
    ]);
  });

  test('that was frozen for longer than its lease writes nothing over what another has written', async () => {
    await using other = await startOther();
    const gate = createGate();
    cluster.model.script([text('Half '), gate, text('and the rest')]);
    const sessionId = await survivor.createSession();
    const begun = chat(other.client(), { sessionId, prompt: 'One' });
    const told = await until(begun, 'TextDelta');
    const runId = told[0]?.runId ?? '';
    // One follower is connected to the gateway that freezes, one to the other.
    const onFrozen = collect(follow(other.client(), runId));
    const onSurvivor = collect(follow(survivor.client(), runId));
    await gate.reached;
    await expect.poll(async () => (await runOf(survivor, runId)).assistantMessage.content).toBe('Half ');
    other.kill('SIGSTOP');
    expect(terminals(await onSurvivor)).toMatchObject([{ __typename: 'RunFailed', code: 'INTERRUPTED' }]);
    const ended = await runOf(survivor, runId);
    gate.release();
    other.kill('SIGCONT');

    const { msg } = await other.logged('another gateway has taken over a run');
    expect(msg).toBeTruthy();
    const seen = await onFrozen;
    expect(textOf(seen)).toBe('Half ');
    expect(terminals(seen)).toMatchObject([{ __typename: 'RunFailed', seq: ended.lastSeq }]);
    expect(await runOf(survivor, runId)).toEqual(ended);
    expect(terminals(await collect(follow(survivor.client(), runId)))).toHaveLength(1);
    // It holds a new lease and answers as before.
    cluster.model.script([text('Hello again')]);
    const next = await collect(chat(other.client(), { sessionId, prompt: 'Two' }));
    expect(textOf(next)).toBe('Hello again');
  });

  test('that is killed while its model sums up older messages: another sums them up, and both had the same summary before', async () => {
    await using other = await startOther();
    const { model } = cluster;
    const gate = createGate();
    let isHeld = false;
    model.otherwise((request) => {
      if (!request.text.includes('You keep the memory')) return [text('Fine.')];
      return isHeld ? [gate] : [text('A summary.')];
    });
    const sessionId = await survivor.createSession();
    const prompt = (turn: number) => ({ sessionId, prompt: `Turn ${turn}:${' word'.repeat(600)}` });
    const ask = (gateway: GatewayApi, turn: number) => collect(chat(gateway.client(), prompt(turn)));
    const compacted = (seen: SeenRunEvent[]) =>
      seen.filter(({ __typename }) => __typename === 'ContextCompacted');
    const told = () => model.requests.at(-1)?.body['messages'] as unknown[];
    const summariesOn = async (gateway: GatewayApi) => {
      const query = `query ($id: ID!) { session(id: $id) {
        messages(first: 50) { edges { node { databaseId contextSummary { text } } } } } }`;
      const { session } = await gateway.query(query, { id: sessionId });
      return session.messages.edges.flatMap(({ node }: { node: { contextSummary: object | null } }) =>
        node.contextSummary === null ? [] : [node],
      );
    };
    for (const turn of [1, 2, 3, 4]) await ask(turn % 2 === 0 ? other : survivor, turn);

    const summary = { summary: 'A summary.', omittedMessages: 6 };
    expect(compacted(await ask(other, 5))).toMatchObject([{ ...summary, isNew: true }]);
    const toldTo5 = told();
    expect(compacted(await ask(survivor, 6))).toMatchObject([{ ...summary, isNew: false }]);
    expect(told().slice(0, toldTo5.length)).toEqual(toldTo5);
    expect(await summariesOn(other)).toMatchObject([{ contextSummary: { text: 'A summary.' } }]);
    expect(await summariesOn(survivor)).toEqual(await summariesOn(other));
    await ask(other, 7);

    isHeld = true;
    const begun = await until(chat(other.client(), prompt(8)), 'ContextCompactionStarted');
    await gate.reached;
    other.kill('SIGKILL');
    isHeld = false;
    const left = await collect(follow(survivor.client(), begun[0]?.runId ?? ''));
    gate.release();
    expect(terminals(left)).toMatchObject([{ __typename: 'RunFailed', code: 'INTERRUPTED' }]);
    const after = await ask(survivor, 9);
    expect(compacted(after)).toMatchObject([{ summary: 'A summary.', isNew: true }]);
    expect(terminals(after)).toMatchObject([{ __typename: 'RunCompleted' }]);
    expect(await summariesOn(survivor)).toHaveLength(2);
    model.reset();
  });

  test('that is killed while its run waits for an approval: the run goes on elsewhere, and its call runs once', async () => {
    await using other = await startOther();
    await using node = await startNode(survivor, 'laptop');
    cluster.model.script([text('Let me. '), run('ls')], [text('Done.')]);
    const sessionId = await createNodeSession(survivor, ['laptop'], { toolApproval: 'ASK' });
    const begun = chat(other.client(), { sessionId, prompt: 'Work' });
    const { runId, seq } = (await until(begun, 'ToolApprovalRequested')).at(-1) as SeenRunEvent;
    const follower = follow(survivor.client(), runId, seq);
    other.kill('SIGKILL');
    const resumed = await until(follower, 'ToolApprovalRequested');
    expect(resumed.map(({ __typename }) => __typename)).toContain('RunResumed');
    const rest = collect(follow(survivor.client(), runId, resumed.at(-1)?.seq));
    expect((await approveCall(survivor, { runId, callId: 'a' })).errors).toBeUndefined();
    const { dispatchId } = await node.take();
    await node.finish(dispatchId, { result: 'listed', exitCode: 0 });
    const seen = await rest;
    expect(textOf(seen)).toBe('\n\nDone.');
    expect(terminals(seen)).toMatchObject([
      { __typename: 'RunCompleted', message: { content: 'Let me. \n\nDone.' } },
    ]);
  });

  test('that is killed while a node works for it: another takes the result, and nothing runs twice', async () => {
    await using other = await startOther();
    await using node = await startNode(survivor, 'desktop');
    cluster.model.script([run('make')], [text('Made.')]);
    const sessionId = await createNodeSession(survivor, ['desktop']);
    const begun = chat(other.client(), { sessionId, prompt: 'Work' });
    const { runId } = (await begun.next()).value as SeenRunEvent;
    const { dispatchId } = await node.take();
    const follower = collect(follow(survivor.client(), runId));
    other.kill('SIGKILL');
    await until(follow(survivor.client(), runId), 'RunResumed');
    await node.finish(dispatchId, { result: 'made', exitCode: 0 });
    const seen = await follower;
    expect(seen.filter(({ __typename }) => __typename === 'ToolCallFinished')).toMatchObject([
      { status: 'SUCCEEDED', result: 'made' },
    ]);
    expect(textOf(seen)).toBe('Made.');
    expect(terminals(seen)).toMatchObject([{ __typename: 'RunCompleted' }]);
  });

  test('that is told to stop lets its run finish, and leaves the prompts that wait to others', async () => {
    await using other = await startOther();
    const gate = createGate();
    cluster.model.script([text('First '), gate, text('to its end')], [text('Second')]);
    const sessionId = await survivor.createSession();
    const told = await until(chat(other.client(), { sessionId, prompt: 'One' }), 'TextDelta');
    const runId = told[0]?.runId ?? '';
    const waiting = chat(other.client(), { sessionId, prompt: 'Two', onBusy: 'ENQUEUE' });
    const queued = (await waiting.next()).value as SeenRunEvent;
    const first = collect(follow(survivor.client(), runId));
    const second = collect(follow(survivor.client(), queued.runId));
    other.kill('SIGTERM');
    await other.logged('closing: ');
    gate.release();
    expect(textOf(await first)).toBe('First to its end');
    expect(textOf(await second)).toBe('Second');
    expect((await other.exited).code).toBe(0);
  });
});
