import { characterStart } from '../../base/cut-text.ts';
import type { OpenFile } from './tool-folder.ts';

export interface ReadLinesOptions {
  /** The number of the first line to read; the first line of the file is 1. */
  startLine: number;
  maxLines: number;
  maxBytes: number;
  /** Aborts to end the reading, which then throws the signal's reason. */
  stop: AbortSignal;
}

export interface Lines {
  /** Whole lines, except when a single line is longer than `maxBytes`: then its beginning. */
  bytes: Buffer;
  count: number;
  /** Whether the file ends with these lines. */
  isEnd: boolean;
}

const newline = 0x0a;
const chunkBytes = 65_536;

/**
 * Reads lines of a file of any size; memory use depends on `maxBytes` only.
 *
 * @returns Undefined if the file has fewer than `startLine` lines.
 */
export async function readLines(file: OpenFile, options: ReadLinesOptions): Promise<Lines | undefined> {
  const { startLine, maxLines, maxBytes, stop } = options;
  const start = await findLine(file, startLine, stop);
  if (start === undefined) return undefined;
  // One byte more than fits shows whether the file goes on.
  const found = await readFrom(file, start, maxBytes + 1);
  if (found.length === 0 && startLine > 1) return undefined;
  const wanted = found.subarray(0, skipLines(found, maxLines).end ?? found.length);
  const bytes = wanted.length > maxBytes ? cutToLines(wanted, maxBytes) : wanted;
  const whole = skipLines(bytes).count;
  const count = bytes.length > 0 && bytes.at(-1) !== newline ? whole + 1 : whole;
  return { bytes, count, isEnd: bytes.length === found.length };
}

async function readFrom(file: OpenFile, start: number, count: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, start);
  return buffer.subarray(0, bytesRead);
}

/** The offset in bytes at which a line begins; undefined if the file has fewer lines. */
async function findLine(file: OpenFile, line: number, stop: AbortSignal): Promise<number | undefined> {
  let missing = line - 1;
  if (missing === 0) return 0;
  const buffer = Buffer.allocUnsafe(chunkBytes);
  for (let offset = 0; ; ) {
    stop.throwIfAborted();
    const { bytesRead } = await file.read(buffer, 0, chunkBytes, offset);
    if (bytesRead === 0) return undefined;
    const chunk = buffer.subarray(0, bytesRead);
    const { end, count } = skipLines(chunk, missing);
    if (end !== undefined) return offset + end;
    missing -= count;
    offset += chunk.length;
  }
}

/**
 * Counts line ends, and stops behind the last one that is asked for: `end` is the offset there, or undefined if there are
 * fewer. The bytes are compared one by one, because a search for each of four million line ends takes half a second, in
 * which a gateway that answers for a node does nothing else.
 */
function skipLines(bytes: Buffer, most = Number.POSITIVE_INFINITY): { end?: number; count: number } {
  let count = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    if (bytes[at] !== newline) continue;
    count += 1;
    if (count === most) return { end: at + 1, count };
  }
  return { count };
}

function cutToLines(bytes: Buffer, maxBytes: number): Buffer {
  const end = bytes.lastIndexOf(newline, maxBytes - 1) + 1;
  return bytes.subarray(0, end > 0 ? end : characterStart(bytes, maxBytes - 3));
}
