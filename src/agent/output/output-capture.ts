import { TailBuffer } from './tail-buffer.ts';
import { afterCharacter } from './utf8.ts';

export interface OutputCaptureOptions {
  /** Of the whole result, in bytes of UTF-8. Half of it is kept of the beginning, the rest of the end. */
  maxBytes: number;
  /** Takes the beginning as it is written, and a sentence where it goes on unseen. Default: nobody watches. */
  onText?(text: string): void;
}

/** The room for the sentences that say what is missing, and for one of whoever ran the program. */
const noticeBytes = 200;

/**
 * Keeps of what a program writes as much as anybody is shown: however much that is, it costs no more memory
 * than `maxBytes` and a little.
 */
export class OutputCapture {
  readonly #onText: (text: string) => void;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #tail: TailBuffer;
  readonly #maxHeadBytes: number;
  #headBytes = 0;
  /** False once something was kept from it: the rest of a character that came in two chunks still belongs to it. */
  #isHeadOpen = true;
  #head = '';
  #totalBytes = 0;
  /** Where the first zero byte was: no text goes on from there. */
  #binaryFrom: number | undefined;

  constructor({ maxBytes, onText = () => {} }: OutputCaptureOptions) {
    this.#onText = onText;
    this.#maxHeadBytes = Math.floor(maxBytes / 2);
    this.#tail = new TailBuffer(Math.max(1, maxBytes - this.#maxHeadBytes - noticeBytes));
  }

  /** Bytes written so far. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  write(chunk: Buffer): void {
    const before = this.#totalBytes;
    this.#totalBytes += chunk.length;
    if (this.#binaryFrom !== undefined) return;
    const zeroAt = chunk.indexOf(0);
    if (zeroAt >= 0) this.#binaryFrom = before + zeroAt;
    this.#writeText(zeroAt >= 0 ? chunk.subarray(0, zeroAt) : chunk);
  }

  /** The result: call it once, at the end. */
  end(): string {
    this.#showHead(this.#decoder.decode());
    const { text: tail, bytes: tailBytes } = this.#tail.read();
    const textBytes = this.#binaryFrom ?? this.#totalBytes;
    const cut = textBytes - this.#headBytes - tailBytes;
    const text = cut > 0 ? `${this.#head}\n[… ${cut} bytes cut …]\n${tail}` : this.#head + tail;
    if (this.#binaryFrom === undefined) return text;
    const notice = `[${this.#totalBytes - textBytes} bytes of binary output, not shown]`;
    return text === '' ? notice : `${text}\n${notice}`;
  }

  #writeText(chunk: Buffer): void {
    const room = Math.max(0, this.#maxHeadBytes - this.#headBytes);
    const end = this.#isHeadOpen ? afterCharacter(chunk, room) : 0;
    this.#headBytes += end;
    this.#showHead(this.#decoder.decode(chunk.subarray(0, end), { stream: true }));
    if (end === chunk.length) return;
    this.#isHeadOpen = false;
    if (this.#tail.isEmpty) this.#onText('\n[… more output: its end stands in the result …]\n');
    this.#tail.push(chunk.subarray(end));
  }

  #showHead(text: string): void {
    if (text === '') return;
    this.#head += text;
    this.#onText(text);
  }
}

/** A text as `OutputCapture` would keep it. */
export function boundText(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const capture = new OutputCapture({ maxBytes });
  capture.write(Buffer.from(text.replaceAll('\0', '')));
  return capture.end();
}
