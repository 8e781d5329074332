import type { LanguageModelV3, LanguageModelV3StreamPart } from '@ai-sdk/provider';
import { createFeed, type Feed, feedEnd } from '../../../base/feed.ts';
import { shareTurn } from '../../../base/share-turn.ts';
import { ProviderError } from '../failure/provider-error.ts';
import { type CallOptions, ModelCall } from './model-call.ts';
import { planRetry, type Retry, type RetryLimits, waitForRetry } from './retry.ts';

export interface CallLimits extends RetryLimits {
  /** How long the provider may send nothing, before the first part and between parts, in milliseconds. */
  idleTimeoutMs: number;
  /** Most bytes of text, reasoning and tool arguments in one response. */
  maxAnswerBytes: number;
}

export interface CallHooks {
  /** Called before the wait for a retry. */
  onRetry?(retry: Retry): Promise<unknown>;
  /** Called before each request. The request is sent when it resolves; what it returns is disposed when the request was sent. */
  admit?: (() => Promise<Disposable>) | undefined;
}

/**
 * Calls the model. Returns the parts of its answer as they arrive, those that are there together. The last part is
 * `finish`; an `error` part is thrown instead.
 *
 * A call that fails before its first part, with 408, 409, 425, 429, 5xx or a failed
 * connection, is retried.
 * Aborting the signal and leaving the feed both end the call at once, even when the model hangs, and close the
 * connection to the provider.
 *
 * @throws {ProviderError} for every failure; what `admit` throws.
 * @throws `abortSignal.reason` when aborted.
 */
export function callModel(
  model: LanguageModelV3,
  options: CallOptions,
  limits: CallLimits,
  { onRetry, admit }: CallHooks = {},
): Feed<LanguageModelV3StreamPart[]> {
  const { abortSignal } = options;
  let call: ModelCall | undefined;
  let [isOpen, isOver, answered] = [false, false, false];
  let failed = 0;
  /** Before the first part. */
  let failure: { error: unknown } | undefined;
  /** What the newest part exceeds. It is thrown when the parts before it have been used. */
  let excess: ProviderError | undefined;
  let excessOf = createSizeCheck(limits);
  let turn: Promise<void> | undefined;

  const close = () => {
    call?.[Symbol.dispose]();
    [call, isOpen] = [undefined, false];
  };
  const fail = (error: unknown): undefined => {
    abortSignal.throwIfAborted();
    if (answered) throw error;
    failure = { error };
  };
  const takeParts = (): LanguageModelV3StreamPart[] | undefined => {
    if (!call || !isOpen) return undefined;
    try {
      return call.take();
    } catch (error) {
      return fail(error);
    }
  };
  const withinLimits = (parts: LanguageModelV3StreamPart[]) => {
    for (const [index, part] of parts.entries()) {
      excess = excessOf(part);
      if (excess) return parts.slice(0, index);
    }
    return parts;
  };
  /** Sends the request, again where it has failed before the first part. */
  const open = async () => {
    close();
    if (failure) {
      failed += 1;
      const retry = planRetry(failure.error, failed, limits);
      failure = undefined;
      await onRetry?.(retry);
      await waitForRetry(retry, abortSignal);
    }
    excessOf = createSizeCheck(limits);
    using _ = admit ? await admit() : undefined;
    call = new ModelCall(model, options, limits.idleTimeoutMs);
    await call.open().then(() => {
      isOpen = true;
    }, fail);
  };
  const end = async (finished: ModelCall) => {
    await finished.end();
    isOver = true;
    close();
  };

  return createFeed({
    take() {
      if (isOver) return feedEnd;
      if (excess) throw excess;
      // Received parts would otherwise be processed without a break. Followers of the parts before have come first.
      turn = isOpen ? shareTurn() : undefined;
      if (turn) return undefined;
      const parts = takeParts();
      if (!parts || parts.length === 0) return undefined;
      answered = true;
      return { done: false, value: withinLimits(parts) };
    },
    wait() {
      if (turn) return turn;
      if (!call || !isOpen || failure) return open();
      return call.isFinished ? end(call) : call.wait();
    },
    close() {
      isOver = true;
      close();
    },
  });
}

/** Tool calls in one response. The gateway runs 100 of them and answers the others, which costs a statement each. */
const maxToolCalls = 1_000;

/** Counts the parts of one response. The returned function returns an error when they exceed the limits. */
function createSizeCheck({ maxAnswerBytes }: CallLimits) {
  let bytes = 0;
  // Count the begun calls too: some provider packages yield no call before the end of the response.
  let [begun, made] = [0, 0];
  return (part: LanguageModelV3StreamPart): ProviderError | undefined => {
    if ('delta' in part) bytes += Buffer.byteLength(part.delta);
    else if (part.type === 'tool-input-start') begun += 1;
    else if (part.type === 'tool-call') made += 1;
    if (bytes > maxAnswerBytes) return tooMuch(`is longer than ${maxAnswerBytes} bytes (MAX_ANSWER_BYTES)`);
    return Math.max(begun, made) > maxToolCalls
      ? tooMuch(`asks for more than ${maxToolCalls} tool calls`)
      : undefined;
  };
}

function tooMuch(what: string): ProviderError {
  return new ProviderError('PROVIDER_BAD_RESPONSE', `The response of the model ${what}.`);
}
