import { randomBytes } from 'node:crypto';
import { setTimeout as delay, setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3Content,
  LanguageModelV3FinishReason,
  LanguageModelV3GenerateResult,
  LanguageModelV3StreamPart,
  LanguageModelV3Usage,
} from '@ai-sdk/provider';
import { demoAnswer } from './answer.ts';
import { readConversation, textsIn } from './conversation.ts';
import { wordsOf } from './words.ts';

export const demoModel = { modelName: 'demo-1', contextLimit: 32_768 } as const;

export interface DemoModelOptions {
  /** The pause before each word, in milliseconds. With 0 the answer comes as fast as it is read. */
  delayMs: number;
}

/** A model without a model: offline, rule-based, and it says so. Streams reasoning, then text, word by word. */
export function createDemoModel({ delayMs }: DemoModelOptions): LanguageModelV3 {
  return {
    specificationVersion: 'v3',
    provider: 'demo',
    modelId: demoModel.modelName,
    supportedUrls: {},
    async doStream(options) {
      const cancelled = new AbortController();
      const signals = options.abortSignal ? [options.abortSignal, cancelled.signal] : [cancelled.signal];
      const parts = answerParts(options, createPace(delayMs, AbortSignal.any(signals)));
      const stream = new ReadableStream<LanguageModelV3StreamPart>(
        {
          async pull(controller) {
            const { done, value } = await parts.next();
            if (done) controller.close();
            else controller.enqueue(value);
          },
          cancel: (reason) => cancelled.abort(reason),
        },
        { highWaterMark: 0 },
      );
      return { stream };
    },
    doGenerate: (options) => generate(options),
  };
}

type Pace = () => Promise<void>;

/** How many words come in one go when there is no pause between them. */
const BURST = 64;

/**
 * What to await before each word. Rejects with the signal's reason, in the middle of a pause too.
 *
 * Node runs timers that fall due while others run before it looks at its sockets: many answers at once, each going on
 * in its timer, would keep the gateway from reading another request. Hence the turn after the pause.
 */
function createPace(delayMs: number, signal: AbortSignal): Pace {
  let words = 0;
  return async () => {
    words += 1;
    try {
      if (delayMs > 0) await delay(delayMs, undefined, { signal });
      if (delayMs > 0 || words % BURST === 0) await yieldToEventLoop();
    } finally {
      signal.throwIfAborted();
    }
  };
}

async function* answerParts(
  options: LanguageModelV3CallOptions,
  pace: Pace,
): AsyncGenerator<LanguageModelV3StreamPart, void, undefined> {
  const { maxOutputTokens = Number.POSITIVE_INFINITY } = options;
  yield { type: 'stream-start', warnings: [] };
  yield { type: 'response-metadata', modelId: demoModel.modelName, timestamp: new Date() };

  const { reasoning, text, call } = demoAnswer(readConversation(options), new Date());
  const counts = { reasoning: 0, text: 0 };
  const isFull = () => counts.reasoning + counts.text >= maxOutputTokens;
  for (const [type, words] of [
    ['reasoning', wordsOf(reasoning)],
    ['text', text],
  ] as const) {
    if (type === 'text' && call) break;
    yield { type: `${type}-start`, id: type };
    for (const delta of words) {
      if (isFull()) break;
      await pace();
      counts[type] += tokensIn(delta);
      yield { type: `${type}-delta`, id: type, delta };
    }
    yield { type: `${type}-end`, id: type };
  }
  const calls = call !== undefined && !isFull();
  if (calls) {
    const input = JSON.stringify(call.args);
    counts.text += tokensIn(call.toolName) + tokensIn(input);
    yield* callParts(call.toolName, input);
  }
  const unified = calls ? 'tool-calls' : isFull() ? 'length' : 'stop';
  yield { type: 'finish', finishReason: { unified, raw: unified }, usage: usageOf(options, counts) };
}

function* callParts(toolName: string, input: string): Generator<LanguageModelV3StreamPart> {
  const toolCallId = `call_${randomBytes(12).toString('base64url')}`;
  yield { type: 'tool-input-start', id: toolCallId, toolName };
  yield { type: 'tool-input-delta', id: toolCallId, delta: input };
  yield { type: 'tool-input-end', id: toolCallId };
  yield { type: 'tool-call', toolCallId, toolName, input };
}

/** Every fourth character begins a token, and every word does. */
function tokensIn(word: string): number {
  return Math.max(1, Math.ceil(word.trim().length / 4));
}

function usageOf(
  options: LanguageModelV3CallOptions,
  { reasoning, text }: { reasoning: number; text: number },
): LanguageModelV3Usage {
  let total = 0;
  for (const read of textsIn(options)) for (const word of wordsOf(read)) total += tokensIn(word);
  return {
    inputTokens: { total, noCache: total, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: reasoning + text, reasoning, text },
  };
}

async function generate(options: LanguageModelV3CallOptions): Promise<LanguageModelV3GenerateResult> {
  const said = { reasoning: '', text: '' };
  const calls: LanguageModelV3Content[] = [];
  let finish: { finishReason: LanguageModelV3FinishReason; usage: LanguageModelV3Usage } | undefined;
  const signal = options.abortSignal ?? new AbortController().signal;
  for await (const part of answerParts(options, createPace(0, signal))) {
    if (part.type === 'reasoning-delta') said.reasoning += part.delta;
    if (part.type === 'text-delta') said.text += part.delta;
    if (part.type === 'tool-call') calls.push(part);
    if (part.type === 'finish') finish = part;
  }
  if (finish === undefined) throw new Error('The demo model did not finish.');
  const content: LanguageModelV3Content[] = [
    { type: 'reasoning', text: said.reasoning },
    ...(said.text === '' ? [] : [{ type: 'text' as const, text: said.text }]),
    ...calls,
  ];
  return { content, finishReason: finish.finishReason, usage: finish.usage, warnings: [] };
}
