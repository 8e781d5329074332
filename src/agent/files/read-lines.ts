import type { FileHandle } from 'node:fs/promises';
import { afterCharacter } from '../output/utf8.ts';

export interface ReadLinesOptions {
  /** From 1 on. */
  startLine: number;
  maxLines: number;
  maxBytes: number;
  /** Aborts to end it: then its reason is thrown. */
  stop: AbortSignal;
}

export interface Lines {
  /** Whole lines, but for a single one that is longer than `maxBytes`. */
  bytes: Buffer;
  count: number;
  /** Whether the file has no more than these. */
  isEnd: boolean;
}

const newline = 0x0a;

/** Reads lines of a file, however large that is. Undefined where it has fewer than `startLine`. */
export async function readLines(file: FileHandle, options: ReadLinesOptions): Promise<Lines | undefined> {
  const { startLine, maxLines, maxBytes, stop } = options;
  const start = await findLine(file, startLine, stop);
  if (start === undefined) return undefined;
  const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes + 1), 0, maxBytes + 1, start);
  const found = buffer.subarray(0, bytesRead);
  if (found.length === 0 && startLine > 1) return undefined;
  const wanted = found.subarray(0, afterNewlines(found, maxLines) ?? found.length);
  const bytes = wanted.length > maxBytes ? cutToLines(wanted, maxBytes) : wanted;
  const whole = countNewlines(bytes);
  const count = bytes.length > 0 && bytes.at(-1) !== newline ? whole + 1 : whole;
  return { bytes, count, isEnd: bytes.length === found.length };
}

/** Where a line begins, in bytes. */
async function findLine(file: FileHandle, line: number, stop: AbortSignal): Promise<number | undefined> {
  let missing = line - 1;
  if (missing === 0) return 0;
  let offset = 0;
  for await (const chunk of file.createReadStream({ autoClose: false, start: 0 })) {
    stop.throwIfAborted();
    const place = afterNewlines(chunk, missing);
    if (place !== undefined) return offset + place;
    missing -= countNewlines(chunk);
    offset += chunk.length;
  }
  return undefined;
}

/** The place after so many line ends; undefined where there are fewer. */
function afterNewlines(bytes: Buffer, count: number): number | undefined {
  let place = 0;
  for (let left = count; left > 0; left -= 1) {
    place = bytes.indexOf(newline, place) + 1;
    if (place === 0) return undefined;
  }
  return place;
}

function countNewlines(bytes: Buffer): number {
  let count = 0;
  for (let place = bytes.indexOf(newline); place >= 0; place = bytes.indexOf(newline, place + 1)) count += 1;
  return count;
}

function cutToLines(bytes: Buffer, maxBytes: number): Buffer {
  const end = bytes.lastIndexOf(newline, maxBytes - 1) + 1;
  return bytes.subarray(0, end > 0 ? end : afterCharacter(bytes, maxBytes - 3));
}
