import { cutToBytes, textAfter } from '../../base/cut-text.ts';
import { GatewayError } from '../../errors.ts';

/** How much output of a dispatch has been received. */
export interface OutputProgress {
  /** Where the next piece must begin, in UTF-16 code units. */
  nextOffset: number;
  /** False if further output would be dropped. */
  isWanted: boolean;
}

/**
 * Receives the output of a dispatch in pieces, some of which may come twice, and passes new text on until
 * `maxBytes` is reached. Keeps no text itself.
 */
export class DispatchOutput {
  #nextOffset = 0;
  /** How many more bytes of UTF-8 may be passed on. */
  #remaining: number;
  #passedOn: Promise<void> = Promise.resolve();
  /** Undefined after it has failed once. */
  #pass: ((text: string) => Promise<void>) | undefined;
  readonly #onError: (error: unknown) => void;

  /**
   * @param maxBytes How much is passed on. When there is more, a line says so.
   * @param pass Takes the pieces, one after the other. After it has failed, no more output is wanted.
   * @param onError Called when `pass` has failed.
   */
  constructor(maxBytes: number, pass: (text: string) => Promise<void>, onError: (error: unknown) => void) {
    this.#remaining = maxBytes;
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
    if (offset > this.#nextOffset) {
      const nextOffset = this.#nextOffset;
      const message = `offset: expected ${nextOffset} at most, got ${offset}: a piece is missing.`;
      throw new GatewayError('CONFLICT', message, { field: 'offset', nextOffset });
    }
    const piece = this.#cut(textAfter(text, this.#nextOffset - offset));
    this.#nextOffset = Math.max(this.#nextOffset, offset + text.length);
    if (piece !== '') this.#passedOn = this.#passedOn.then(() => this.#passOn(piece));
    await this.#passedOn;
    return { nextOffset: this.#nextOffset, isWanted: this.#remaining > 0 };
  }

  async #passOn(piece: string): Promise<void> {
    try {
      await this.#pass?.(piece);
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
