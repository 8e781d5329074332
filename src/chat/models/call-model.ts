import { setTimeout as delay } from 'node:timers/promises';
import {
  InvalidResponseDataError,
  type LanguageModelV3,
  type LanguageModelV3CallOptions,
  type LanguageModelV3StreamPart,
} from '@ai-sdk/provider';
import { watchCall } from './call-watch.ts';
import { classifyProviderError } from './classify-provider-error.ts';
import { ProviderError } from './provider-error.ts';

export interface CallLimits {
  /** How long the provider may say nothing, from the request to the first part and between parts. */
  idleTimeoutMs: number;
  /** How often a call that failed before its first part is made again. */
  maxRetries: number;
}

export type CallOptions = LanguageModelV3CallOptions & { abortSignal: AbortSignal };

/**
 * Calls the model and yields the parts of its answer, ending with `finish`; never an `error` part.
 *
 * Pulls one part at a time. Before anything was yielded, 429, 5xx and failed connections are tried again.
 * Aborting takes effect at once, in every state and whatever the model does; so does leaving the loop. Both
 * close the connection to the provider.
 *
 * @throws {ProviderError} for everything that goes wrong.
 * @throws `abortSignal.reason` when aborted.
 */
export async function* callModel(
  model: LanguageModelV3,
  options: CallOptions,
  limits: CallLimits,
): AsyncGenerator<LanguageModelV3StreamPart, void, undefined> {
  for (let attempt = 0; ; attempt += 1) {
    let answered = false;
    try {
      for await (const part of callOnce(model, options, limits.idleTimeoutMs)) {
        answered = true;
        yield part;
      }
      return;
    } catch (error) {
      options.abortSignal.throwIfAborted();
      const retryable = error instanceof ProviderError && error.retryable;
      if (!retryable || answered || attempt >= limits.maxRetries) throw error;
      await backOff(attempt, error.retryAfterMs, options.abortSignal);
    }
  }
}

/** The first back-off without jitter; it doubles with every attempt. */
const backOffMs = 500;
const maxBackOffMs = 60_000;

async function backOff(attempt: number, retryAfterMs: number | null, signal: AbortSignal): Promise<void> {
  const ms = retryAfterMs ?? backOffMs * 2 ** attempt * (0.5 + Math.random());
  try {
    await delay(Math.min(ms, maxBackOffMs), undefined, { signal });
  } finally {
    signal.throwIfAborted();
  }
}

async function* callOnce(
  model: LanguageModelV3,
  options: CallOptions,
  idleTimeoutMs: number,
): AsyncGenerator<LanguageModelV3StreamPart, void, undefined> {
  const watch = watchCall(options.abortSignal, idleTimeoutMs);
  let reader: ReadableStreamDefaultReader<LanguageModelV3StreamPart> | undefined;
  try {
    const call = model.doStream({ ...options, abortSignal: watch.signal });
    const { stream, response } = await watch.wait(call, (late) => late.stream.cancel());
    const parts = stream.getReader();
    reader = parts;
    yield* readAnswer(() => watch.wait(parts.read()), response?.headers);
    await watch.waitForEnd(parts.read());
  } catch (error) {
    watch.signal.throwIfAborted();
    throw classifyProviderError(error, reader === undefined ? 'INTERNAL' : 'PROVIDER_STREAM_CUT');
  } finally {
    // Not awaited: a model's `cancel` may hang, and the abort below closes the connection anyway.
    reader?.cancel().catch(() => {});
    watch[Symbol.dispose]();
  }
}

/** Yields until `finish`. What stands before the content is held back, so that a retry does not repeat it. */
async function* readAnswer(
  read: () => Promise<ReadableStreamReadResult<LanguageModelV3StreamPart>>,
  headers: Record<string, string> | undefined,
): AsyncGenerator<LanguageModelV3StreamPart, void, undefined> {
  let preamble: LanguageModelV3StreamPart[] | undefined = [];
  for (;;) {
    const { done, value: part } = await read();
    if (done || isUnfinished(part)) {
      const isStream =
        preamble === undefined || /event-stream/.test(headers?.['content-type'] ?? 'event-stream');
      throw new ProviderError(isStream ? 'PROVIDER_STREAM_CUT' : 'PROVIDER_BAD_RESPONSE');
    }
    if (part.type === 'error') throw classifyProviderError(part.error, 'PROVIDER_BAD_RESPONSE');
    if (preamble !== undefined && (part.type === 'stream-start' || part.type === 'response-metadata')) {
      preamble.push(part);
      continue;
    }
    if (part.type === 'finish' && part.finishReason.unified === 'error') {
      throw new ProviderError('PROVIDER_BAD_RESPONSE');
    }
    yield* preamble ?? [];
    preamble = undefined;
    yield part;
    if (part.type === 'finish') return;
  }
}

/** Provider packages finish the answer themselves when the stream ends, but with no reason of the provider's. */
function isUnfinished(part: LanguageModelV3StreamPart): boolean {
  if (part.type === 'finish') {
    return part.finishReason.raw === undefined && ['error', 'other'].includes(part.finishReason.unified);
  }
  return (
    part.type === 'error' && InvalidResponseDataError.isInstance(part.error) && part.error.data === undefined
  );
}
