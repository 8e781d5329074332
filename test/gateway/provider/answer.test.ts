import { describe, expect, test } from 'vitest';
import { chat, collect, type SeenRunEvent, textOf } from '../../support/gateway/chat.ts';
import { type Format, runOf, tokenUsageOf } from '../../support/gateway/model-gateway.ts';
import { shareModelGateway } from '../../support/gateway/shared-gateway.ts';
import { noUsage, reasoning, text, usage } from '../../support/model/turn.ts';

/** The types and texts of run events. A follower that lags gets consecutive deltas in one, so they are joined here. */
function joined(seen: readonly SeenRunEvent[]): [string, string | undefined][] {
  const pieces: [string, string | undefined][] = [];
  for (const { __typename, text: delta } of seen) {
    const last = pieces.at(-1);
    if (last?.[0] === __typename && delta !== undefined) last[1] = `${last[1]}${delta}`;
    else pieces.push([__typename, delta]);
  }
  return pieces;
}

const formats: Format[] = ['openai', 'openai-responses', 'anthropic', 'google'];

describe.each(formats)('the wire format of %s', (format) => {
  const shared = shareModelGateway(format);

  test('an answer arrives as it was streamed, and is stored as it arrived', async () => {
    const gateway = shared();
    const { model } = gateway;
    model.reset({ chunkBytes: 7 });
    model.script([reasoning('Grüße ', 'an Alice.'), text('Hi', ' 👩‍👩‍👧', ' Alice')]);
    const sessionId = await gateway.createSession();

    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));

    expect(joined(seen)).toEqual([
      ['RunStarted', undefined],
      ['ReasoningDelta', 'Grüße an Alice.'],
      ['TextDelta', 'Hi 👩‍👩‍👧 Alice'],
      ['UsageReported', undefined],
      ['RunCompleted', undefined],
    ]);
    expect(seen.at(-1)?.['message']).toMatchObject({
      status: 'COMPLETE',
      content: textOf(seen),
      reasoning: 'Grüße an Alice.',
    });
  });

  test('the run, the session and the context count the tokens that the provider reports', async () => {
    const gateway = shared();
    const { model } = gateway;
    model.script(
      [text('Hello'), usage({ input: 100, output: 20, cached: 60, reasoning: 5 })],
      [text('Bye'), usage({ input: 130, output: 7 })],
    );
    const sessionId = await gateway.createSession();

    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
    const counts = { inputTokens: 100, outputTokens: 20, reasoningTokens: 5, measured: true };
    expect(seen.find(({ __typename }) => __typename === 'UsageReported')?.['usage']).toMatchObject({
      ...counts,
      cachedInputTokens: 60,
    });
    expect(seen.at(-1)?.['usage']).toMatchObject({ ...counts, totalTokens: 120 });
    expect(await runOf(gateway, seen[0]?.runId ?? '')).toMatchObject({
      status: 'COMPLETED',
      error: null,
      usage: { ...counts, cachedInputTokens: 60 },
    });
    await collect(chat(gateway.client(), { sessionId, prompt: 'Bye' }));
    expect(await tokenUsageOf(gateway, sessionId)).toMatchObject({
      contextTokens: 137,
      totalTokens: 257,
      measured: true,
      byModel: [{ inputTokens: 230, outputTokens: 27, reasoningTokens: 5, cachedInputTokens: 60 }],
    });
  });

  test('totals hold more tokens than 2^31', async () => {
    const gateway = shared();
    const { model } = gateway;
    const many = () => [text('Hello'), usage({ input: 2_000_000_000, output: 1 })];
    model.script(many(), many());
    const sessionId = await gateway.createSession();
    for (const prompt of ['Hi', 'Bye']) await collect(chat(gateway.client(), { sessionId, prompt }));
    expect(await tokenUsageOf(gateway, sessionId)).toMatchObject({
      contextTokens: 2_000_000_001,
      totalTokens: 4_000_000_002,
    });
  });

  test('the usage is estimated and marked as such when the provider reports nothing', async () => {
    const gateway = shared();
    const { model } = gateway;
    model.script([text('One two three'), noUsage()], [text('Four'), usage({ input: 30, output: 1 })]);
    const sessionId = await gateway.createSession({ systemPrompt: 'Count.' });

    const first = (await collect(chat(gateway.client(), { sessionId, prompt: 'Go on' }))).at(-1);
    expect(first?.['usage']).toMatchObject({ inputTokens: 12, outputTokens: 3, measured: false });

    const second = (await collect(chat(gateway.client(), { sessionId, prompt: 'More' }))).at(-1);
    expect(second?.['usage']).toMatchObject({ inputTokens: 30, outputTokens: 1, measured: true });
    expect(await tokenUsageOf(gateway, sessionId)).toMatchObject({
      contextTokens: 31,
      measured: false,
      byModel: [{ inputTokens: 42, outputTokens: 4, measured: false }],
    });
  });
});

describe('the context of a session', () => {
  const shared = shareModelGateway('openai');

  test('the context is given in percent when the provider states the limit of its model', async () => {
    const gateway = shared();
    const { model } = gateway;
    model.serveModels([{ id: 'tiny', max_model_len: 1000 }]);
    model.script([text('Hello'), usage({ input: 120, output: 5 })]);
    const sessionId = await gateway.createSession();
    await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
    expect(await tokenUsageOf(gateway, sessionId)).toMatchObject({
      contextTokens: 125,
      contextLimit: 1000,
      percentage: 12.5,
    });
  });
});
