import { describe, expect, test } from 'vitest';
import { chat, collect, type SeenRunEvent, textOf } from '../../support/gateway/chat.ts';
import type { TestGateway } from '../../support/gateway/gateway.ts';
import { type Format, runOf, startModelGateway, tokenUsageOf } from '../../support/gateway/model-gateway.ts';
import { shareModelGateway } from '../../support/gateway/shared-gateway.ts';
import { type ModelServer, startModelServer } from '../../support/model/model-server.ts';
import {
  cutSocket,
  endWithoutFinish,
  errorChunk,
  garbage,
  reasoning,
  silence,
  status,
  type TurnStep,
  text,
  usage,
} from '../../support/model/turn.ts';

type Failure = [name: string, step: TurnStep, code: string];

const soon = { 'retry-after-ms': '1' };

/** Refusals before the answer begins. */
const refusals: Failure[] = [
  ['a refused key', status(401), 'PROVIDER_UNAUTHORIZED'],
  ['a forbidden model', status(403), 'PROVIDER_UNAUTHORIZED'],
  ['a rate limit that outlasts the retries', status(429, { headers: soon }), 'PROVIDER_RATE_LIMITED'],
  ['an outage that outlasts the retries', status(503, { headers: soon }), 'PROVIDER_UNAVAILABLE'],
  ['an unknown model', status(404, { error: { code: 'model_not_found' } }), 'PROVIDER_REJECTED'],
  [
    'a prompt that is too long for the provider',
    status(400, {
      error: { code: 'context_length_exceeded', message: 'prompt is too long: 9 tokens > 8 maximum' },
    }),
    'CONTEXT_TOO_LONG',
  ],
];

/** Failures in the middle of the answer. */
const breaks: Failure[] = [
  ['a cut connection', cutSocket(), 'PROVIDER_STREAM_CUT'],
  ['an end without a finish', endWithoutFinish(), 'PROVIDER_STREAM_CUT'],
  ['garbage', garbage(), 'PROVIDER_BAD_RESPONSE'],
  ['an error that says nothing', errorChunk({ type: 'boom' }), 'PROVIDER_BAD_RESPONSE'],
  ['an overload', errorChunk({ type: 'overloaded_error' }), 'PROVIDER_UNAVAILABLE'],
  ['silence', silence(), 'PROVIDER_TIMEOUT'],
];

/** The stored run says the same as its terminal run event. */
async function expectStored(gateway: TestGateway, ended: SeenRunEvent | undefined) {
  if (ended === undefined) throw new Error('There is no terminal run event.');
  const { message, usage: used, code, reason, runId } = ended;
  const { inputTokens, outputTokens, reasoningTokens, measured } = used;
  expect(await runOf(gateway, runId)).toMatchObject({
    status: 'FAILED',
    error: { code, message: reason },
    assistantMessage: { status: 'FAILED', content: message.content, reasoning: message.reasoning },
    usage: { inputTokens, outputTokens, reasoningTokens, measured },
  });
}

async function expectNextAnswer(gateway: TestGateway, model: ModelServer, sessionId: string) {
  model.script([text('Here I am again.'), usage({ input: 40, output: 6 })]);
  const next = await collect(chat(gateway.client(), { sessionId, prompt: 'Again?' }));
  expect(next.at(-1)).toMatchObject({
    __typename: 'RunCompleted',
    message: { content: 'Here I am again.' },
    usage: { inputTokens: 40, outputTokens: 6, measured: true },
  });
}

describe.each<Format>(['openai', 'anthropic'])('a model of %s', (format) => {
  const shared = shareModelGateway(format, { settings: { MODEL_MAX_RETRIES: '2' } });
  const impatient = shareModelGateway(format, {
    settings: { MODEL_MAX_RETRIES: '2', MODEL_IDLE_TIMEOUT_MS: '1000' },
  });

  test.each(refusals)(
    'a run that fails by %s has used no tokens, and the next prompt is answered',
    async (_, refusal, code) => {
      const gateway = shared();
      const { model } = gateway;
      const sessionId = await gateway.createSession();
      model.script([refusal]);
      if (code === 'PROVIDER_RATE_LIMITED' || code === 'PROVIDER_UNAVAILABLE')
        model.script([refusal], [refusal]);

      const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));

      const types = seen.map(({ __typename }) => __typename);
      expect(types.filter((type) => type !== 'ModelRetryScheduled')).toEqual(['RunStarted', 'RunFailed']);
      expect(seen.at(-1)).toMatchObject({
        code,
        message: { status: 'FAILED', content: '', reasoning: null },
        usage: { inputTokens: 0, outputTokens: 0, measured: true },
      });
      await expectStored(gateway, seen.at(-1));
      await expectNextAnswer(gateway, model, sessionId);
      expect(await tokenUsageOf(gateway, sessionId)).toMatchObject({
        contextTokens: 46,
        measured: true,
        byModel: [{ inputTokens: 40, outputTokens: 6 }],
      });
    },
  );

  test.each(breaks)(
    'a run that fails by %s keeps its text with estimated tokens, and the next prompt is answered',
    async (_, step, code) => {
      const gateway = code === 'PROVIDER_TIMEOUT' ? impatient() : shared();
      const { model } = gateway;
      const sessionId = await gateway.createSession();
      model.script([reasoning('Hm hm'), text('One two', ' three'), step]);

      const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Count' }));

      expect(textOf(seen)).toBe('One two three');
      expect(seen.at(-1)).toMatchObject({
        __typename: 'RunFailed',
        code,
        message: { status: 'FAILED', content: 'One two three', reasoning: 'Hm hm' },
        usage: { inputTokens: 5, outputTokens: 5, reasoningTokens: 2, measured: false },
      });
      await expectStored(gateway, seen.at(-1));
      expect(model.requests).toHaveLength(1);
      await expectNextAnswer(gateway, model, sessionId);
      expect(await tokenUsageOf(gateway, sessionId)).toMatchObject({
        measured: false,
        byModel: [{ inputTokens: 45, outputTokens: 11, reasoningTokens: 2, measured: false }],
      });
    },
  );

  test('a model that never begins to answer fails the run, whose prompt is counted, and the request is aborted', async () => {
    const gateway = impatient();
    const { model } = gateway;
    const sessionId = await gateway.createSession();
    model.script([silence()]);
    const ended = (await collect(chat(gateway.client(), { sessionId, prompt: 'Count' }))).at(-1);
    expect(ended).toMatchObject({
      code: 'PROVIDER_TIMEOUT',
      usage: { inputTokens: 5, outputTokens: 0, measured: false },
    });
    await model.requests[0]?.aborted;
    await expectStored(gateway, ended);
  });

  test('a run whose provider cannot be reached says so', async () => {
    const gone = await startModelServer();
    await gone[Symbol.asyncDispose]();
    await using gateway = await startModelGateway(gone, format, { settings: { MODEL_MAX_RETRIES: '0' } });
    const sessionId = await gateway.createSession();
    const ended = (await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }))).at(-1);
    expect(ended).toMatchObject({
      code: 'PROVIDER_UNREACHABLE',
      reason: 'The model provider cannot be reached.',
    });
    await expectStored(gateway, ended);
  });

  test('a prompt is answered after a rate limit and an outage, and no text comes twice', async () => {
    const gateway = shared();
    const { model } = gateway;
    const sessionId = await gateway.createSession();
    model.script(
      [status(429, { headers: soon })],
      [status(503, { headers: soon })],
      [text('Hello'), usage({ input: 10, output: 1 })],
    );
    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Hi' }));
    expect(textOf(seen)).toBe('Hello');
    expect(seen.at(-1)).toMatchObject({
      __typename: 'RunCompleted',
      usage: { inputTokens: 10, outputTokens: 1, measured: true },
    });
    expect(model.requests).toHaveLength(3);
  });
});
