import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';

/** The bytes that a mark stands for. */
export interface MarkedFile {
  /** The hash of the bytes, by which they are opened. */
  sha256: string;
  /** In bytes. */
  size: number;
}

/** Opens the bytes of a file by their hash. @throws BlobNotFoundError. */
export type OpenFile = (sha256: string) => Promise<Readable>;

/** It is secret, so that no text that somebody else wrote becomes a file. */
const mark = `attached-file-${randomUUID()}`;
const written = new RegExp(`${mark}:([0-9a-f]{64}):(\\d+);`);

/**
 * The text that stands for a file in a request until it is sent: where the package of the provider puts it, the file is
 * sent in base64. It has nothing that JSON escapes.
 */
export function markFile({ sha256, size }: MarkedFile): string {
  return `${mark}:${sha256}:${size};`;
}

/** Splits the JSON of a request at its marks. Undefined if it has no marks. */
export function splitAtMarks(json: string): (string | MarkedFile)[] | undefined {
  if (!json.includes(mark)) return undefined;
  const parts: (string | MarkedFile)[] = [];
  for (let rest = json; ; ) {
    const found = written.exec(rest);
    if (!found) return [...parts, rest];
    const [whole, sha256 = '', size] = found;
    parts.push(rest.slice(0, found.index), { sha256, size: Number(size) });
    rest = rest.slice(found.index + whole.length);
  }
}

/** The packages of the providers pass only the signal of a call on. */
const openers = new WeakMap<AbortSignal, OpenFile>();

/** Lets the request that has this signal open the files whose marks it has. */
export function provideFiles(signal: AbortSignal, open: OpenFile): void {
  openers.set(signal, open);
}

/** What the caller of the model has provided. */
export function fileOpenerOf(signal: AbortSignal): OpenFile | undefined {
  return openers.get(signal);
}
