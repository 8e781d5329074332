import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { chat, collect, follow, type SeenRunEvent, textOf } from '../support/gateway/chat.ts';
import type { ModelServer } from '../support/model/model-server.ts';
import { createGate, reasoning, text } from '../support/model/turn.ts';
import type { GatewayProcess } from '../support/process/gateway-process.ts';
import { type ScriptedProcess, startScriptedProcess } from '../support/process/scripted-process.ts';

const runDocument = `query ($id: ID!) {
  node(id: $id) {
    ... on Run {
      status lastSeq error { code }
      usage { inputTokens outputTokens reasoningTokens measured }
      userMessage { content status }
      assistantMessage { content reasoning status }
    }
  }
}`;

const sessionDocument = `query ($id: ID!) {
  session(id: $id) {
    activeRun { id }
    messages(first: 100) { edges { node { content status role } } }
    tokenUsage { inputTokens outputTokens contextTokens measured }
  }
}`;

const patience = { timeout: 20_000 };

/** Collects run events until the connection breaks. */
async function collectUntilBroken(events: AsyncIterable<SeenRunEvent>, seen: SeenRunEvent[]): Promise<void> {
  try {
    for await (const event of events) seen.push(event);
  } catch {
    // The gateway was killed.
  }
}

describe('a gateway that is killed in the middle of an answer and started again', () => {
  const seen: SeenRunEvent[] = [];
  const hello = { prompt: 'Count for me.', requestId: 'alice-1' };
  let victim: ScriptedProcess;
  let model: ModelServer;
  let gateway: GatewayProcess;
  let sessionId: string;
  let runId: string;
  let queuedRunId: string;

  beforeAll(async () => {
    victim = await startScriptedProcess();
    model = victim.model;
    model.script([reasoning('Easy.'), text('One, ', 'two, '), createGate(), text('three.')]);
    sessionId = await victim.createSession();
    const broken = collectUntilBroken(chat(victim.client(), { sessionId, ...hello }), seen);
    await vi.waitUntil(() => textOf(seen) === 'One, two, ', patience);
    runId = seen[0]?.runId ?? '';
    await vi.waitUntil(async () => {
      const { node } = await victim.query(runDocument, { id: runId });
      return node.assistantMessage.content === 'One, two, ';
    }, patience);
    queuedRunId = await victim.send({ sessionId, prompt: 'And backwards?', onBusy: 'ENQUEUE' });
    victim.kill('SIGKILL');
    expect(await victim.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await broken;

    model.script([text('Two, one.')]);
    gateway = await victim.restart();
  });

  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await victim[Symbol.asyncDispose]();
  });

  test('the run of a killed gateway is interrupted and keeps what the last checkpoint held', async () => {
    const { node } = await gateway.query(runDocument, { id: runId });
    expect(node).toMatchObject({
      status: 'FAILED',
      error: { code: 'INTERRUPTED' },
      userMessage: { content: hello.prompt, status: 'COMPLETE' },
      assistantMessage: { content: 'One, two, ', reasoning: 'Easy.', status: 'INTERRUPTED' },
      usage: { measured: false },
    });
    expect(node.usage.inputTokens).toBeGreaterThan(0);
    expect(node.usage.outputTokens).toBeGreaterThan(node.usage.reasoningTokens);
    expect(node.usage.reasoningTokens).toBeGreaterThan(0);
  });

  test('a prompt that was queued before the kill is answered after the next start', async () => {
    const events = await collect(follow(gateway.client(), queuedRunId));
    expect(events.map(({ __typename }) => __typename)).toEqual([
      'RunQueued',
      'RunStarted',
      'TextDelta',
      'UsageReported',
      'RunCompleted',
    ]);
    expect(textOf(events)).toBe('Two, one.');
    const { session } = await gateway.query(sessionDocument, { id: sessionId });
    expect(session.activeRun).toBeNull();
  });

  test.each([
    ['from the beginning', () => 0],
    ['from the first run event', () => 1],
    ['from the run event before the last one that it has seen', () => (seen.at(-1)?.seq ?? 0) - 1],
    ['from the last run event that it has seen', () => seen.at(-1)?.seq ?? 0],
  ])('a client that follows the interrupted run %s gets a gap and the end', async (_from, cursor) => {
    const [gap, failed, ...more] = await collect(follow(gateway.client(), runId, cursor()));
    expect(gap).toMatchObject({ __typename: 'HistoryGap', fromSeq: cursor() + 1 });
    expect(failed).toMatchObject({
      __typename: 'RunFailed',
      code: 'INTERRUPTED',
      seq: gap?.['toSeq'] + 1,
      message: { content: 'One, two, ', status: 'INTERRUPTED' },
    });
    expect(more).toEqual([]);
  });

  test('a follower whose cursor is at the end of the interrupted run gets nothing', async () => {
    const { node } = await gateway.query(runDocument, { id: runId });
    expect(await collect(follow(gateway.client(), runId, node.lastSeq))).toEqual([]);
  });

  test('a prompt that is sent again with its request id starts no second run', async () => {
    const { length } = model.requests;
    const events = await collect(chat(gateway.client(), { sessionId, ...hello }));
    expect(events.map(({ __typename }) => __typename)).toEqual(['HistoryGap', 'RunFailed']);
    expect(events.map((event) => event.runId)).toEqual([runId, runId]);
    expect(model.requests).toHaveLength(length);
  });

  test('the tokens of the interrupted run are estimated', async () => {
    const { node } = await gateway.query(runDocument, { id: runId });
    const { node: queued } = await gateway.query(runDocument, { id: queuedRunId });
    const { session } = await gateway.query(sessionDocument, { id: sessionId });
    expect(session.tokenUsage).toMatchObject({
      measured: false,
      inputTokens: node.usage.inputTokens + queued.usage.inputTokens,
      outputTokens: node.usage.outputTokens + queued.usage.outputTokens,
    });
  });

  test('the next prompt of the session is answered', async () => {
    model.script([text('Four.')]);
    const events = await collect(chat(gateway.client(), { sessionId, prompt: 'Go on.' }));
    expect(events.at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { content: 'Four.' } });
    expect(model.requests.at(-1)?.body['messages']).toMatchObject([
      { role: 'user', content: hello.prompt },
      { role: 'assistant', content: 'One, two, ' },
      { role: 'user', content: 'And backwards?' },
      { role: 'assistant', content: 'Two, one.' },
      { role: 'user', content: 'Go on.' },
    ]);
  });
});
