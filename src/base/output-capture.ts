import { characterStart } from './cut-text.ts';
import { TailBuffer } from './tail-buffer.ts';

export interface OutputCaptureOptions {
  /** The limit of the whole result, in bytes of UTF-8. Half of it is for the beginning, the rest for the end. */
  maxBytes: number;
  /** Gets the beginning while it is written, and a notice once output is no longer shown live. */
  onText?(text: string): void;
}

/** Reserved for the notices about missing output, and for the notice that the caller may add. */
const noticeBytes = 200;

/**
 * Keeps the beginning and the end of the output of a program. Memory use is a little more than `maxBytes`,
 * however much the program writes.
 */
export class OutputCapture {
  readonly #onText: (text: string) => void;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #tail: TailBuffer;
  readonly #maxHeadBytes: number;
  #headBytes = 0;
  /** Stays true until a byte went to the tail, so that a character split over two chunks ends in the head. */
  #isHeadOpen = true;
  #head = '';
  #totalBytes = 0;
  /** The offset of the first zero byte. Output from there on is binary and is only counted. */
  #binaryFrom: number | undefined;

  constructor({ maxBytes, onText = () => {} }: OutputCaptureOptions) {
    this.#onText = onText;
    this.#maxHeadBytes = Math.floor(maxBytes / 2);
    this.#tail = new TailBuffer(Math.max(1, maxBytes - this.#maxHeadBytes - noticeBytes));
  }

  write(chunk: Buffer): void {
    const before = this.#totalBytes;
    this.#totalBytes += chunk.length;
    if (this.#binaryFrom !== undefined) return;
    const zeroAt = chunk.indexOf(0);
    if (zeroAt >= 0) this.#binaryFrom = before + zeroAt;
    this.#writeText(zeroAt >= 0 ? chunk.subarray(0, zeroAt) : chunk);
  }

  /** Returns the result. Call it once, at the end. */
  end(): string {
    this.#showHead(this.#decoder.decode());
    const { text: tail, bytes: tailBytes } = this.#tail.read();
    const textBytes = this.#binaryFrom ?? this.#totalBytes;
    const cut = textBytes - this.#headBytes - tailBytes;
    const text = cut > 0 ? `${this.#head}\n[… ${cut} bytes cut …]\n${tail}` : this.#head + tail;
    if (this.#binaryFrom === undefined) return text;
    const notice = `[${this.#totalBytes - textBytes} bytes of binary output are not shown]`;
    return text === '' ? notice : `${text}\n${notice}`;
  }

  #writeText(chunk: Buffer): void {
    const capacity = Math.max(0, this.#maxHeadBytes - this.#headBytes);
    const end = this.#isHeadOpen ? characterStart(chunk, capacity) : 0;
    this.#headBytes += end;
    this.#showHead(this.#decoder.decode(chunk.subarray(0, end), { stream: true }));
    if (end === chunk.length) return;
    this.#isHeadOpen = false;
    if (this.#tail.isEmpty) this.#onText('\n[… there is more output; the result has the end of it …]\n');
    this.#tail.push(chunk.subarray(end));
  }

  #showHead(text: string): void {
    if (text === '') return;
    this.#head += text;
    this.#onText(text);
  }
}

/** Cuts a text to `maxBytes` in the way that `OutputCapture` does. Zero bytes are dropped from a text that is cut. */
export function boundText(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const capture = new OutputCapture({ maxBytes });
  capture.write(Buffer.from(text.replaceAll('\0', '')));
  return capture.end();
}
