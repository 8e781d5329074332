import {
  closeSync,
  constants,
  createReadStream,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';

const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
/** A journal that grows beyond this many bytes and twice what it would have if it were written anew is. */
const minBytes = 4_194_304;
/** The characters of lines that are written together. */
const togetherLength = 65_536;

/**
 * Lines of JSON that are only added, so that a process which is killed loses at most the last one. It is not flushed to
 * the disk on purpose: a loss of power must never lose a file and keep the line about it.
 */
export class Journal implements Disposable {
  readonly #path: string;
  #fd: number | undefined;
  #bytes = 0;
  #freshBytes = 0;
  #waiting: string[] = [];
  #waitingLength = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Yields the lines. One that was cut off, or is damaged, is left out. */
  async *read(): AsyncGenerator<unknown> {
    try {
      const input = createReadStream(this.#path, {
        flags: constants.O_RDONLY | constants.O_NOFOLLOW,
      } as never);
      for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
        const value = parse(line);
        if (value !== undefined) yield value;
      }
    } catch {
      // Without a journal everything is compared by its hash.
    }
  }

  /** Adds a line at the next `flush`, or sooner where many wait: 100,000 would take tens of megabytes. */
  add(line: unknown): void {
    const text = JSON.stringify(line);
    this.#waiting.push(text);
    this.#waitingLength += text.length;
    if (this.#waitingLength >= togetherLength) this.flush();
  }

  flush(): void {
    if (this.#waiting.length === 0) return;
    // The line feed comes first, too: the last line of a killed process may lack it.
    const text = `\n${this.#waiting.join('\n')}\n`;
    this.#waiting = [];
    this.#waitingLength = 0;
    this.#fd ??= this.#open();
    this.#bytes += writeSync(this.#fd, text);
  }

  /** Whether `rewrite` would make the journal much shorter. */
  get isLong(): boolean {
    return this.#bytes > minBytes && this.#bytes > 2 * this.#freshBytes;
  }

  /** Writes the journal anew. */
  rewrite(lines: Iterable<unknown>): void {
    this[Symbol.dispose]();
    this.#waiting = [];
    this.#waitingLength = 0;
    const draft = `${this.#path}.new`;
    mkdirSync(dirname(draft), { recursive: true, mode: 0o700 });
    const fd = openSync(
      draft,
      constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      let text = '';
      for (const line of lines) {
        text += `${JSON.stringify(line)}\n`;
        if (text.length < togetherLength) continue;
        writeSync(fd, text);
        text = '';
      }
      writeSync(fd, text);
    } finally {
      closeSync(fd);
    }
    renameSync(draft, this.#path);
    this.#fd = this.#open();
    this.#freshBytes = this.#bytes;
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #open(): number {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    const fd = openSync(this.#path, flags, 0o600);
    this.#bytes = statSync(this.#path).size;
    return fd;
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
