import { GatewayError } from '../../errors.ts';

/** Characters that no text has: those that control a terminal, except tab, line breaks, form feed and escape. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const binary = /[\u0000-\u0008\u000b\u000e-\u001a\u001c-\u001f\u007f]/;

/** Checks while a file arrives that it is text in UTF-8. */
export class TextCheck {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #isBlank = true;

  /** @throws GatewayError UNSUPPORTED_MEDIA_TYPE. */
  push(bytes: Uint8Array): void {
    this.#check(() => this.#decoder.decode(bytes, { stream: true }));
  }

  /** @throws GatewayError UNSUPPORTED_MEDIA_TYPE, or BAD_USER_INPUT if there is no text. */
  end(): void {
    this.#check(() => this.#decoder.decode());
    if (this.#isBlank) {
      throw new GatewayError('BAD_USER_INPUT', 'file: expected a file with some text.', { field: 'file' });
    }
  }

  #check(decode: () => string): void {
    let text: string;
    try {
      text = decode();
    } catch {
      throw notText();
    }
    if (binary.test(text)) throw notText();
    this.#isBlank &&= text.trim() === '';
  }
}

function notText(): GatewayError {
  const message =
    'The type of this file is unknown, and it is not text in UTF-8; expected png, jpeg, gif, webp, pdf, text, wav, mp3, ogg (opus), webm, m4a, aac or flac.';
  return new GatewayError('UNSUPPORTED_MEDIA_TYPE', message, { field: 'file' });
}
