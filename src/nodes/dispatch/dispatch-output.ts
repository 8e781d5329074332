import { cutToBytes, textAfter } from '../../base/cut-text.ts';
import { GatewayError } from '../../errors.ts';

/** How much output of a dispatch has been received. */
export interface OutputProgress {
  /** Where the next piece must begin, in UTF-16 code units. */
  nextOffset: number;
  /** False if further output would be dropped. */
  isWanted: boolean;
}

/** A place in the output of a dispatch, from which another gateway can go on. */
export interface OutputPosition {
  /** Where the next piece begins, in UTF-16 code units from the start of all output. */
  nextOffset: number;
  /** How many more bytes of UTF-8 are shown. */
  remainingBytes: number;
}

export interface DispatchOutputOptions {
  /** How much is passed on. When there is more, a line says so. */
  maxBytes: number;
  /** Where the output begins. Undefined: with the first piece, wherever that is. */
  start: OutputPosition | undefined;
  /** Takes the pieces, one after the other. After it has failed, no more output is wanted. */
  pass(text: string, position: OutputPosition): Promise<void>;
  /** Called when `pass` has failed. */
  onError(error: unknown): void;
}

/**
 * Receives the output of a dispatch in pieces, some of which may come twice, and passes new text on until
 * `maxBytes` is reached. Keeps no text itself.
 */
export class DispatchOutput {
  /** Undefined until the first piece says where it begins. */
  #nextOffset: number | undefined;
  /** How many more bytes of UTF-8 may be passed on. */
  #remaining: number;
  #passedOn: Promise<void> = Promise.resolve();
  /** Undefined after it has failed once. */
  #pass: DispatchOutputOptions['pass'] | undefined;
  readonly #onError: (error: unknown) => void;

  constructor({ maxBytes, start, pass, onError }: DispatchOutputOptions) {
    this.#nextOffset = start?.nextOffset;
    this.#remaining = start?.remainingBytes ?? maxBytes;
    this.#pass = pass;
    this.#onError = onError;
  }

  /**
   * Takes a piece of output; text that was received before is skipped.
   *
   * @param offset Where the piece begins, in UTF-16 code units from the start of all output.
   * @throws GatewayError CONFLICT if text between the previous piece and this one is missing.
   */
  async append(offset: number, text: string): Promise<OutputProgress> {
    const nextOffset = this.#nextOffset ?? offset;
    if (offset > nextOffset) {
      const message = `offset: expected ${nextOffset} at most, got ${offset}: a piece is missing.`;
      throw new GatewayError('CONFLICT', message, { field: 'offset', nextOffset });
    }
    const piece = this.#cut(textAfter(text, nextOffset - offset));
    const position = {
      nextOffset: Math.max(nextOffset, offset + text.length),
      remainingBytes: this.#remaining,
    };
    this.#nextOffset = position.nextOffset;
    if (piece !== '') this.#passedOn = this.#passedOn.then(() => this.#passOn(piece, position));
    await this.#passedOn;
    return { nextOffset: this.#nextOffset, isWanted: this.#remaining > 0 };
  }

  async #passOn(piece: string, position: OutputPosition): Promise<void> {
    try {
      await this.#pass?.(piece, position);
    } catch (error) {
      this.#pass = undefined;
      this.#remaining = 0;
      this.#onError(error);
    }
  }

  #cut(text: string): string {
    if (text === '' || this.#remaining === 0) return '';
    const bytes = Buffer.byteLength(text);
    if (bytes <= this.#remaining) {
      this.#remaining -= bytes;
      return text;
    }
    const head = cutToBytes(text, this.#remaining);
    this.#remaining = 0;
    return `${head}\n[… more output, not shown live …]\n`;
  }
}
