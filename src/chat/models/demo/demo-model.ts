import { randomBytes } from 'node:crypto';
import { setTimeout as delay, setImmediate as yieldToEventLoop } from 'node:timers/promises';
import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3StreamPart,
  LanguageModelV3Usage,
} from '@ai-sdk/provider';
import { shareTurn } from '../../../base/share-turn.ts';
import { answerRequest, wordsOf } from './answer.ts';
import { readRequest, textsIn } from './request.ts';

export const demoModel = { modelName: 'demo-1', contextLimit: 131_072 } as const;

export interface DemoModelOptions {
  /** The pause before each word, in milliseconds. With 0 the answer comes as fast as the reader reads. */
  delayMs: number;
}

/** An offline model of a few rules, to try the gateway without a provider. Streams reasoning, then text, in words. */
export function createDemoModel({ delayMs }: DemoModelOptions): LanguageModelV3 {
  return {
    specificationVersion: 'v3',
    provider: 'demo',
    modelId: demoModel.modelName,
    supportedUrls: {},
    async doStream(options) {
      const parts = answerParts(options);
      const pace = createPace(delayMs, options.abortSignal);
      let isCancelled = false;
      const stream = new ReadableStream<LanguageModelV3StreamPart>(
        {
          pull(controller) {
            const { done, value } = parts.next();
            if (done) {
              return finishPart(options, value).then((finish) => {
                if (isCancelled) return;
                controller.enqueue(finish);
                controller.close();
              });
            }
            const isWord = value.type === 'text-delta' || value.type === 'reasoning-delta';
            const pause = isWord ? pace() : undefined;
            if (!pause) return controller.enqueue(value);
            return pause.then(() => {
              if (!isCancelled) controller.enqueue(value);
            });
          },
          cancel() {
            isCancelled = true;
          },
        },
        { highWaterMark: 0 },
      );
      return { stream };
    },
    async doGenerate() {
      throw new Error('The demo model only streams.');
    },
  };
}

type Pace = () => Promise<void> | undefined;

/** The words that are streamed without a break for the rest of the process when there is no pause between them. */
const burstWords = 64;

/**
 * Returns the function to call before each word. It returns the pause to wait for, if there is one.
 *
 * Each pause ends with `setImmediate`. Without it, the timers of many answers at once would keep Node.js in its timer
 * phase, and the gateway would read no other request.
 *
 * @throws The signal's reason, also during a pause.
 */
function createPace(delayMs: number, signal: AbortSignal | undefined): Pace {
  let words = 0;
  const pause = async () => {
    try {
      if (delayMs > 0) await delay(delayMs, undefined, signal && { signal });
      await yieldToEventLoop();
    } finally {
      signal?.throwIfAborted();
    }
  };
  return () => {
    signal?.throwIfAborted();
    words += 1;
    return delayMs > 0 || words % burstWords === 0 ? pause() : undefined;
  };
}

/** Why an answer ended, and its tokens. */
interface AnswerEnd {
  unified: 'stop' | 'length' | 'tool-calls';
  counts: { reasoning: number; text: number };
}

function* answerParts(
  options: LanguageModelV3CallOptions,
): Generator<LanguageModelV3StreamPart, AnswerEnd, undefined> {
  const { maxOutputTokens = Number.POSITIVE_INFINITY } = options;
  yield { type: 'stream-start', warnings: [] };
  yield { type: 'response-metadata', modelId: demoModel.modelName, timestamp: new Date() };

  const { reasoning, text, call } = answerRequest(readRequest(options));
  const reasons = options.providerOptions?.['demo']?.['reasoning'] !== false;
  const counts = { reasoning: 0, text: 0 };
  const isFull = () => counts.reasoning + counts.text >= maxOutputTokens;
  for (const [type, words] of [
    ['reasoning', wordsOf(reasoning)],
    ['text', text],
  ] as const) {
    if (type === 'text' && call) break;
    if (type === 'reasoning' && !reasons) continue;
    yield { type: `${type}-start`, id: type };
    for (const delta of words) {
      if (isFull()) break;
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
  return { unified: calls ? 'tool-calls' : isFull() ? 'length' : 'stop', counts };
}

async function finishPart(
  options: LanguageModelV3CallOptions,
  { unified, counts }: AnswerEnd,
): Promise<LanguageModelV3StreamPart> {
  const usage = usageOf(await countInput(options), counts);
  return { type: 'finish', finishReason: { unified, raw: unified }, usage };
}

function* callParts(toolName: string, input: string): Generator<LanguageModelV3StreamPart> {
  const toolCallId = `call_${randomBytes(12).toString('base64url')}`;
  yield { type: 'tool-input-start', id: toolCallId, toolName };
  yield { type: 'tool-input-delta', id: toolCallId, delta: input };
  yield { type: 'tool-input-end', id: toolCallId };
  yield { type: 'tool-call', toolCallId, toolName, input };
}

/** An estimate: four characters are a token, and every word begins a new one. */
function tokensIn(word: string): number {
  return Math.max(1, Math.ceil(word.trim().length / 4));
}

/** Lets others have their turn: a long session has tens of thousands of messages. */
async function countInput(options: LanguageModelV3CallOptions): Promise<number> {
  let total = 0;
  for (const text of textsIn(options)) {
    const turn = shareTurn();
    if (turn) await turn;
    for (const word of wordsOf(text)) total += tokensIn(word);
  }
  return total;
}

function usageOf(input: number, { reasoning, text }: AnswerEnd['counts']): LanguageModelV3Usage {
  return {
    inputTokens: { total: input, noCache: input, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: reasoning + text, reasoning, text },
  };
}
