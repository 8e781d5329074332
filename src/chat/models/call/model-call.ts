import {
  InvalidResponseDataError,
  type LanguageModelV3,
  type LanguageModelV3CallOptions,
  type LanguageModelV3StreamPart,
} from '@ai-sdk/provider';
import { classifyProviderError } from '../failure/classify-provider-error.ts';
import { ProviderError } from '../failure/provider-error.ts';
import { type OpenFile, provideFiles } from '../wire/file-marks.ts';
import { openShortcut, type TextShortcut } from '../wire/text-shortcut.ts';
import { type CallWatch, watchCall } from './call-watch.ts';
import { PartCleaner } from './clean-parts.ts';
import { PartSource } from './part-source.ts';

export type CallOptions = LanguageModelV3CallOptions & {
  abortSignal: AbortSignal;
  /** Opens the files whose marks the prompt has. Default: the prompt has no marks. */
  openFile?: OpenFile | undefined;
};

/** One request to a model, and its response. Disposing it closes the connection to the provider. */
export class ModelCall implements Disposable {
  readonly #model: LanguageModelV3;
  readonly #options: LanguageModelV3CallOptions;
  readonly #watch: CallWatch;
  readonly #shortcut: TextShortcut;
  readonly #cleaner = new PartCleaner();
  #source: PartSource | undefined;
  /** Told by the parts that were taken last. It is thrown when those have been used. */
  #failure: ProviderError | undefined;
  #isFinished = false;

  /** @param idleTimeoutMs How long the provider may send nothing, in milliseconds. */
  constructor(model: LanguageModelV3, { openFile, ...options }: CallOptions, idleTimeoutMs: number) {
    this.#model = model;
    this.#options = options;
    this.#watch = watchCall(options.abortSignal, idleTimeoutMs);
    this.#shortcut = openShortcut(this.#watch.signal);
    if (openFile) provideFiles(this.#watch.signal, openFile);
  }

  /** Whether `finish` was taken. */
  get isFinished(): boolean {
    return this.#isFinished;
  }

  /**
   * Sends the request. Resolves when its response begins.
   *
   * @throws ProviderError, or the reason of the abort.
   */
  async open(): Promise<void> {
    try {
      const call = this.#model.doStream({ ...this.#options, abortSignal: this.#watch.signal });
      const { stream } = await this.#watch.wait(call, (late) => late.stream.cancel());
      const source = new PartSource(stream, this.#shortcut);
      this.#watch.onStop = () => source.wake();
      this.#source = source;
    } catch (error) {
      throw this.#classified(error);
    }
  }

  /**
   * Takes the parts that are there, up to `finish`, without those before the content: a call that fails behind them can
   * be retried. None: then `wait`, and take again.
   *
   * @throws ProviderError, or the reason of the abort.
   */
  take(): LanguageModelV3StreamPart[] {
    const batch: LanguageModelV3StreamPart[] = [];
    try {
      this.#watch.endWait();
      if (this.#failure === undefined) this.#takeInto(batch);
      if (batch.length > 0) return batch;
      this.#watch.throwIfStopped();
    } catch (error) {
      throw this.#classified(error);
    }
    if (this.#failure) throw this.#failure;
    return batch;
  }

  #takeInto(batch: LanguageModelV3StreamPart[]): void {
    for (const part of this.#source?.takeAll() ?? []) {
      this.#failure = failureOf(part);
      if (this.#failure) {
        this.#cleaner.end(batch);
        return;
      }
      if (part.type === 'finish') this.#isFinished = true;
      if (!isPreamble(part)) this.#cleaner.clean(part, batch);
    }
  }

  /** Resolves when there may be something to take, and when the call is stopped. */
  wait(): Promise<void> {
    this.#watch.beginWait();
    return this.#source?.wait() ?? Promise.resolve();
  }

  /** Waits for the end of the body behind `finish`, for a moment. */
  async end(): Promise<void> {
    if (this.#source) await this.#watch.waitForEnd(this.#source.readEnd());
  }

  [Symbol.dispose](): void {
    // Do not await it: a model's `cancel` may hang, and disposing the watch closes the connection anyway.
    this.#source?.cancel().catch(() => {});
    this.#watch[Symbol.dispose]();
  }

  #classified(error: unknown): unknown {
    this.#watch.throwIfStopped();
    return classifyProviderError(error, this.#source === undefined ? 'INTERNAL' : 'PROVIDER_STREAM_CUT');
  }
}

function isPreamble({ type }: LanguageModelV3StreamPart): boolean {
  return type === 'stream-start' || type === 'response-metadata';
}

/** What a part says of the failure of its call; undefined if nothing. */
export function failureOf(part: LanguageModelV3StreamPart): ProviderError | undefined {
  if (part.type !== 'finish' && part.type !== 'error') return undefined;
  if (isUnfinished(part)) return new ProviderError('PROVIDER_STREAM_CUT');
  if (part.type === 'error') return classifyProviderError(part.error, 'PROVIDER_BAD_RESPONSE');
  return part.finishReason.unified === 'error' ? new ProviderError('PROVIDER_BAD_RESPONSE') : undefined;
}

/** Provider packages add a `finish` part when the stream breaks off, but without the provider's own reason. */
function isUnfinished(part: Extract<LanguageModelV3StreamPart, { type: 'finish' | 'error' }>): boolean {
  if (part.type === 'finish') {
    return part.finishReason.raw === undefined && ['error', 'other'].includes(part.finishReason.unified);
  }
  return InvalidResponseDataError.isInstance(part.error) && part.error.data === undefined;
}
