import { GatewayError } from '../../errors.ts';
import { headOf } from './bounded-text.ts';

/** How far the output of a dispatch has come. */
export interface OutputProgress {
  /** Where the next piece begins, in UTF-16 code units. */
  nextOffset: number;
  /** False where more of it would be dropped. */
  isWanted: boolean;
}

/**
 * Puts the output of a dispatch together from pieces that may come twice, and passes on as much as anybody
 * wants to see live. It keeps none of it.
 */
export class DispatchOutput {
  #nextOffset = 0;
  /** Bytes of UTF-8 that are still passed on. */
  #room: number;
  #passedOn: Promise<void> = Promise.resolve();
  /** Undefined once it has failed. */
  #pass: ((text: string) => Promise<void>) | undefined;
  readonly #onError: (error: unknown) => void;

  /**
   * @param maxBytes How much is passed on; where there is more, a sentence says so.
   * @param pass Takes the pieces, one after the other. Once it has failed, no more output is wanted.
   * @param onError Called when it has.
   */
  constructor(maxBytes: number, pass: (text: string) => Promise<void>, onError: (error: unknown) => void) {
    this.#room = maxBytes;
    this.#pass = pass;
    this.#onError = onError;
  }

  /**
   * Takes a piece, as far as it is new.
   *
   * @param offset Where it begins, in UTF-16 code units from the start of all output.
   * @throws GatewayError CONFLICT where something is missing before it.
   */
  async append(offset: number, text: string): Promise<OutputProgress> {
    if (offset > this.#nextOffset) {
      const nextOffset = this.#nextOffset;
      const message = `offset: expected ${nextOffset} at most, got ${offset}: a piece is missing.`;
      throw new GatewayError('CONFLICT', message, { field: 'offset', nextOffset });
    }
    const piece = this.#cut(text.slice(this.#nextOffset - offset));
    this.#nextOffset = Math.max(this.#nextOffset, offset + text.length);
    if (piece !== '') this.#passedOn = this.#passedOn.then(() => this.#passOn(piece));
    await this.#passedOn;
    return { nextOffset: this.#nextOffset, isWanted: this.#room > 0 };
  }

  async #passOn(piece: string): Promise<void> {
    try {
      await this.#pass?.(piece);
    } catch (error) {
      this.#pass = undefined;
      this.#room = 0;
      this.#onError(error);
    }
  }

  #cut(text: string): string {
    if (text === '' || this.#room === 0) return '';
    const bytes = Buffer.byteLength(text);
    if (bytes <= this.#room) {
      this.#room -= bytes;
      return text;
    }
    const head = headOf(text, this.#room);
    this.#room = 0;
    return `${head}\n[… more output, not shown live …]\n`;
  }
}
