import {
  InvalidResponseDataError,
  type LanguageModelV3,
  type LanguageModelV3CallOptions,
  type LanguageModelV3StreamPart,
} from '@ai-sdk/provider';
import { shareTurn } from '../../../base/share-turn.ts';
import { classifyProviderError } from '../failure/classify-provider-error.ts';
import { ProviderError } from '../failure/provider-error.ts';
import { openShortcut } from '../wire/text-shortcut.ts';
import { watchCall } from './call-watch.ts';
import { PartCleaner } from './clean-parts.ts';
import { PartSource } from './part-source.ts';
import { planRetry, type Retry, type RetryLimits, waitForRetry } from './retry.ts';

export interface CallLimits extends RetryLimits {
  /** How long the provider may send nothing, before the first part and between parts, in milliseconds. */
  idleTimeoutMs: number;
  /** Most bytes of text, reasoning and tool arguments in one response. */
  maxAnswerBytes: number;
}

export type CallOptions = LanguageModelV3CallOptions & { abortSignal: AbortSignal };

/**
 * Calls the model and yields the parts of its answer as they arrive, those that are there together. The last part is
 * `finish`; an `error` part is thrown instead.
 *
 * A call that fails before its first part, with 408, 409, 425, 429, 5xx or a failed
 * connection, is retried.
 * Aborting the signal and leaving the loop both end the call at once, even when the model hangs, and close the
 * connection to the provider.
 *
 * @param onRetry Called before the wait for a retry.
 * @throws {ProviderError} for every failure.
 * @throws `abortSignal.reason` when aborted.
 */
export async function* callModel(
  model: LanguageModelV3,
  options: CallOptions,
  limits: CallLimits,
  onRetry: (retry: Retry) => Promise<unknown> = async () => {},
): AsyncGenerator<LanguageModelV3StreamPart[], void, undefined> {
  for (let failed = 1; ; failed += 1) {
    let answered = false;
    const excessOf = createSizeCheck(limits);
    try {
      for await (const parts of callOnce(model, options, limits.idleTimeoutMs)) {
        answered = true;
        const excesses = parts.map(excessOf);
        const first = excesses.findIndex((excess) => excess !== undefined);
        yield first === -1 ? parts : parts.slice(0, first);
        if (first !== -1) throw excesses[first];
      }
      return;
    } catch (error) {
      options.abortSignal.throwIfAborted();
      if (answered) throw error;
      const retry = planRetry(error, failed, limits);
      await onRetry(retry);
      await waitForRetry(retry, options.abortSignal);
    }
  }
}

/** Tool calls in one response. The gateway runs 100 of them and answers the others, which costs a statement each. */
const maxToolCalls = 1_000;

/** Counts the parts of one response. The returned function returns an error when they exceed the limits. */
function createSizeCheck({ maxAnswerBytes }: CallLimits) {
  let bytes = 0;
  // Count the begun calls too: some provider packages yield no call before the end of the response.
  const toolCalls = { 'tool-input-start': 0, 'tool-call': 0 };
  return (part: LanguageModelV3StreamPart): ProviderError | undefined => {
    bytes += 'delta' in part ? Buffer.byteLength(part.delta) : 0;
    if (bytes > maxAnswerBytes) return tooMuch(`is longer than ${maxAnswerBytes} bytes (MAX_ANSWER_BYTES)`);
    if (part.type in toolCalls && ++toolCalls[part.type as keyof typeof toolCalls] > maxToolCalls) {
      return tooMuch(`asks for more than ${maxToolCalls} tool calls`);
    }
    return undefined;
  };
}

function tooMuch(what: string): ProviderError {
  return new ProviderError('PROVIDER_BAD_RESPONSE', `The response of the model ${what}.`);
}

/** Yields up to `finish`, without the parts before the content: a call that fails behind them can be retried. */
async function* callOnce(
  model: LanguageModelV3,
  options: CallOptions,
  idleTimeoutMs: number,
): AsyncGenerator<LanguageModelV3StreamPart[], void, undefined> {
  const watch = watchCall(options.abortSignal, idleTimeoutMs);
  const cleaner = new PartCleaner();
  let source: PartSource | undefined;
  try {
    const shortcut = openShortcut(watch.signal);
    const call = model.doStream({ ...options, abortSignal: watch.signal });
    const { stream } = await watch.wait(call, (late) => late.stream.cancel());
    source = new PartSource(stream, shortcut);
    for (let isFinished = false; !isFinished; ) {
      const batch: LanguageModelV3StreamPart[] = [];
      let failure: ProviderError | undefined;
      for (const part of source.takeAll()) {
        failure = failureOf(part);
        isFinished = part.type === 'finish';
        if (failure === undefined && !isPreamble(part)) batch.push(...cleaner.clean(part));
      }
      if (failure) batch.push(...cleaner.end());
      if (batch.length > 0) yield batch;
      if (failure) throw failure;
      if (batch.length === 0) await watch.wait(source.wait());
      // Received parts would otherwise be processed without a break. Followers of the parts before have come first.
      const turn = shareTurn();
      if (turn) await turn;
    }
    await watch.waitForEnd(source.readEnd());
  } catch (error) {
    watch.signal.throwIfAborted();
    throw classifyProviderError(error, source === undefined ? 'INTERNAL' : 'PROVIDER_STREAM_CUT');
  } finally {
    // Do not await it: a model's `cancel` may hang, and disposing the watch closes the connection anyway.
    source?.cancel().catch(() => {});
    watch[Symbol.dispose]();
  }
}

function isPreamble({ type }: LanguageModelV3StreamPart): boolean {
  return type === 'stream-start' || type === 'response-metadata';
}

function failureOf(part: LanguageModelV3StreamPart): ProviderError | undefined {
  if (isUnfinished(part)) return new ProviderError('PROVIDER_STREAM_CUT');
  if (part.type === 'error') return classifyProviderError(part.error, 'PROVIDER_BAD_RESPONSE');
  const failed = part.type === 'finish' && part.finishReason.unified === 'error';
  return failed ? new ProviderError('PROVIDER_BAD_RESPONSE') : undefined;
}

/** Provider packages add a `finish` part when the stream breaks off, but without the provider's own reason. */
function isUnfinished(part: LanguageModelV3StreamPart): boolean {
  if (part.type === 'finish') {
    return part.finishReason.raw === undefined && ['error', 'other'].includes(part.finishReason.unified);
  }
  return (
    part.type === 'error' && InvalidResponseDataError.isInstance(part.error) && part.error.data === undefined
  );
}
