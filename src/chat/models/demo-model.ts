import { setTimeout as delay, setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3Content,
  LanguageModelV3FinishReason,
  LanguageModelV3GenerateResult,
  LanguageModelV3Prompt,
  LanguageModelV3StreamPart,
  LanguageModelV3Usage,
} from '@ai-sdk/provider';
import { type Conversation, demoAnswer } from './demo-answer.ts';
import { wordsOf } from './demo-words.ts';
import type { CatalogModel } from './model-catalog.ts';

export const demoModel = { modelName: 'demo-1', contextLimit: 32_768 } as const satisfies CatalogModel;

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

/** What to await before each word. Rejects with the signal's reason, in the middle of a pause too. */
function createPace(delayMs: number, signal: AbortSignal): Pace {
  let words = 0;
  return async () => {
    words += 1;
    try {
      if (delayMs > 0) await delay(delayMs, undefined, { signal });
      else if (words % BURST === 0) await yieldToEventLoop();
    } finally {
      signal.throwIfAborted();
    }
  };
}

async function* answerParts(
  { prompt, tools, maxOutputTokens = Number.POSITIVE_INFINITY }: LanguageModelV3CallOptions,
  pace: Pace,
): AsyncGenerator<LanguageModelV3StreamPart, void, undefined> {
  const warnings = tools?.length ? [{ type: 'unsupported' as const, feature: 'tools' }] : [];
  yield { type: 'stream-start', warnings };
  yield { type: 'response-metadata', modelId: demoModel.modelName, timestamp: new Date() };

  const answer = demoAnswer(conversationIn(prompt), new Date());
  const counts = { reasoning: 0, text: 0 };
  for (const [type, words] of [
    ['reasoning', wordsOf(answer.reasoning)],
    ['text', answer.text],
  ] as const) {
    yield { type: `${type}-start`, id: type };
    for (const delta of words) {
      if (counts.reasoning + counts.text >= maxOutputTokens) break;
      await pace();
      counts[type] += tokensIn(delta);
      yield { type: `${type}-delta`, id: type, delta };
    }
    yield { type: `${type}-end`, id: type };
  }
  const unified = counts.reasoning + counts.text >= maxOutputTokens ? 'length' : 'stop';
  yield { type: 'finish', finishReason: { unified, raw: unified }, usage: usageOf(prompt, counts) };
}

/** Every fourth character begins a token, and every word does. */
function tokensIn(word: string): number {
  return Math.max(1, Math.ceil(word.trim().length / 4));
}

function usageOf(
  prompt: LanguageModelV3Prompt,
  { reasoning, text }: { reasoning: number; text: number },
): LanguageModelV3Usage {
  let total = 0;
  for (const message of prompt) for (const word of wordsOf(textOf(message))) total += tokensIn(word);
  return {
    inputTokens: { total, noCache: total, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: reasoning + text, reasoning, text },
  };
}

function conversationIn(prompt: LanguageModelV3Prompt): Conversation {
  const said = (role: string) => prompt.filter((message) => message.role === role).map(textOf);
  return { system: said('system').join('\n'), prompts: said('user') };
}

function textOf(message: LanguageModelV3Prompt[number]): string {
  if (message.role === 'system') return message.content;
  return message.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

async function generate(options: LanguageModelV3CallOptions): Promise<LanguageModelV3GenerateResult> {
  const text = { reasoning: '', text: '' };
  let finish: { finishReason: LanguageModelV3FinishReason; usage: LanguageModelV3Usage } | undefined;
  const signal = options.abortSignal ?? new AbortController().signal;
  for await (const part of answerParts(options, createPace(0, signal))) {
    if (part.type === 'reasoning-delta') text.reasoning += part.delta;
    if (part.type === 'text-delta') text.text += part.delta;
    if (part.type === 'finish') finish = part;
  }
  if (finish === undefined) throw new Error('The demo model did not finish.');
  const content: LanguageModelV3Content[] = [
    { type: 'reasoning', text: text.reasoning },
    { type: 'text', text: text.text },
  ];
  return { content, finishReason: finish.finishReason, usage: finish.usage, warnings: [] };
}
