import {
  InvalidResponseDataError,
  type LanguageModelV3,
  type LanguageModelV3CallOptions,
  type LanguageModelV3StreamPart,
} from '@ai-sdk/provider';
import { shareTurn } from '../../../base/share-turn.ts';
import { classifyProviderError } from '../failure/classify-provider-error.ts';
import { ProviderError } from '../failure/provider-error.ts';
import { watchCall } from './call-watch.ts';
import { PartCleaner } from './clean-parts.ts';
import { planRetry, type Retry, type RetryLimits, waitForRetry } from './retry.ts';

export interface CallLimits extends RetryLimits {
  /** How long the provider may send nothing, before the first part and between parts, in milliseconds. */
  idleTimeoutMs: number;
  /** Most bytes of text, reasoning and tool arguments in one response. */
  maxAnswerBytes: number;
}

export type CallOptions = LanguageModelV3CallOptions & { abortSignal: AbortSignal };

/**
 * Calls the model and yields the parts of its answer. The last part is `finish`; an `error` part is thrown instead.
 *
 * Pulls one part at a time. A call that fails before its first part, with 408, 409, 425, 429, 5xx or a failed
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
): AsyncGenerator<LanguageModelV3StreamPart, void, undefined> {
  for (let failed = 1; ; failed += 1) {
    let answered = false;
    try {
      for await (const part of bounded(callOnce(model, options, limits.idleTimeoutMs), limits)) {
        answered = true;
        yield part;
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

/**
 * Ends a response that exceeds the limits, and gives way to other requests between parts: received parts would
 * otherwise be processed without a break.
 */
async function* bounded(
  parts: AsyncIterable<LanguageModelV3StreamPart>,
  { maxAnswerBytes }: CallLimits,
): AsyncGenerator<LanguageModelV3StreamPart, void, undefined> {
  let bytes = 0;
  // Count the begun calls too: some provider packages yield no call before the end of the response.
  const toolCalls = { 'tool-input-start': 0, 'tool-call': 0 };
  for await (const part of parts) {
    bytes += 'delta' in part ? Buffer.byteLength(part.delta) : 0;
    if (bytes > maxAnswerBytes) throw tooMuch(`is longer than ${maxAnswerBytes} bytes (MAX_ANSWER_BYTES)`);
    if (part.type in toolCalls && ++toolCalls[part.type as keyof typeof toolCalls] > maxToolCalls) {
      throw tooMuch(`asks for more than ${maxToolCalls} tool calls`);
    }
    yield part;
    const turn = shareTurn();
    if (turn) await turn;
  }
}

function tooMuch(what: string): ProviderError {
  return new ProviderError('PROVIDER_BAD_RESPONSE', `The response of the model ${what}.`);
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
    const { stream } = await watch.wait(call, (late) => late.stream.cancel());
    const parts = stream.getReader();
    reader = parts;
    yield* readAnswer(() => watch.wait(parts.read()));
    await watch.waitForEnd(parts.read());
  } catch (error) {
    watch.signal.throwIfAborted();
    throw classifyProviderError(error, reader === undefined ? 'INTERNAL' : 'PROVIDER_STREAM_CUT');
  } finally {
    // Do not await it: a model's `cancel` may hang, and disposing the watch closes the connection anyway.
    reader?.cancel().catch(() => {});
    watch[Symbol.dispose]();
  }
}

/** Yields up to `finish`. The parts before the content are held back, so that a retry does not repeat them. */
async function* readAnswer(
  read: () => Promise<ReadableStreamReadResult<LanguageModelV3StreamPart>>,
): AsyncGenerator<LanguageModelV3StreamPart, void, undefined> {
  const cleaner = new PartCleaner();
  let preamble: LanguageModelV3StreamPart[] | undefined = [];
  for (;;) {
    const { done, value: part } = await read();
    const failure = done ? new ProviderError('PROVIDER_STREAM_CUT') : failureOf(part);
    if (done || failure !== undefined) {
      yield* cleaner.end();
      throw failure;
    }
    if (preamble !== undefined && (part.type === 'stream-start' || part.type === 'response-metadata')) {
      preamble.push(part);
      continue;
    }
    yield* preamble ?? [];
    preamble = undefined;
    yield* cleaner.clean(part);
    if (part.type === 'finish') return;
  }
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
