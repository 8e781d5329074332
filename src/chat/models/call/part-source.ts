import type { LanguageModelV3StreamPart } from '@ai-sdk/provider';
import { ProviderError } from '../failure/provider-error.ts';
import type { MoreText, TextShortcut } from '../wire/text-shortcut.ts';

type PartReader = ReadableStreamDefaultReader<LanguageModelV3StreamPart>;
type Read = ReadableStreamReadResult<LanguageModelV3StreamPart>;

/** The parts of a response in their order: those of the provider's package, and the texts that took the shortcut. */
export class PartSource {
  readonly #reader: PartReader;
  readonly #shortcut: TextShortcut;
  /** The ids that the package gave to the newest text and to the newest reasoning. */
  readonly #ids = { 'text-delta': '', 'reasoning-delta': '' };
  #isReading = false;
  #read: Read | undefined;
  #failure: { error: unknown } | undefined;
  #wake = () => {};

  constructor(stream: ReadableStream<LanguageModelV3StreamPart>, shortcut: TextShortcut) {
    this.#reader = stream.getReader();
    this.#shortcut = shortcut;
    shortcut.onText = () => this.wake();
  }

  /**
   * Takes all parts that are there. None: then `wait`, and take again. A stream that ends is an `error` part.
   *
   * @throws The failure of the stream, after the parts before it.
   */
  takeAll(): LanguageModelV3StreamPart[] {
    const parts = this.#shortcut.take(this.#isAtEnd).map((more) => this.#partOf(more));
    const read = this.#read;
    if (read === undefined) {
      if (parts.length === 0 && this.#failure) throw this.#failure.error;
      return parts;
    }
    this.#read = undefined;
    const part = read.done ? { type: 'error' as const, error: streamCut() } : read.value;
    this.#note(part);
    // The texts that waited for this part.
    return [...parts, part, ...this.#shortcut.take(false).map((more) => this.#partOf(more))];
  }

  /** Resolves when there may be something to take, or at `wake`. Reads one part at a time. */
  wait(): Promise<void> {
    if (!this.#isReading) this.#readNext();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Ends the wait. */
  wake(): void {
    this.#wake();
  }

  /** Resolves when the stream has ended, or has one more part. */
  async readEnd(): Promise<void> {
    await this.#reader.read();
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }

  /** Whether the package writes no more text. */
  get #isAtEnd(): boolean {
    if (this.#failure !== undefined || this.#read?.done) return true;
    const type = this.#read?.value?.type;
    return type === 'finish' || type === 'error';
  }

  #readNext(): void {
    this.#isReading = true;
    const settle = (read: Read | undefined, failure?: { error: unknown }) => {
      this.#isReading = false;
      this.#read = read;
      this.#failure = failure;
      this.#wake();
    };
    this.#reader.read().then(settle, (error: unknown) => settle(undefined, { error }));
  }

  #note(part: LanguageModelV3StreamPart): void {
    if (part.type !== 'text-delta' && part.type !== 'reasoning-delta') return;
    this.#shortcut.receive({ type: part.type === 'text-delta' ? 'text' : 'reasoning', text: part.delta });
    this.#ids[part.type] = part.id;
  }

  #partOf({ type, text }: MoreText): LanguageModelV3StreamPart {
    const name = `${type}-delta` as const;
    return { type: name, id: this.#ids[name], delta: text };
  }
}

function streamCut(): ProviderError {
  return new ProviderError('PROVIDER_STREAM_CUT');
}
