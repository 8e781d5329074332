import { createReadStream } from 'node:fs';

/** Bytes that are read at once. */
const readBytes = 262_144;
const lineBreak = 10;

export interface FileLine {
  /** Counted from 1. */
  number: number;
  /** Without the line break. */
  bytes: Buffer;
  /** Where the next line begins, in bytes from the beginning of the file. */
  end: number;
  /** Whether a line break ends the line. The last line of a file that was cut off has none. */
  isWhole: boolean;
}

/**
 * Reads the lines of a file, of which only one is in memory at once.
 *
 * @param tooLong Is called with the number of a line that is longer than `longest` bytes, and must throw.
 */
export async function* readLines(
  path: string,
  { longest, tooLong }: { longest: number; tooLong: (number: number) => never },
): AsyncGenerator<FileLine> {
  let pieces: Buffer[] = [];
  let length = 0;
  let number = 1;
  let end = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: readBytes }) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let at = chunk.indexOf(lineBreak); at >= 0; at = chunk.indexOf(lineBreak, start)) {
      pieces.push(chunk.subarray(start, at));
      length += at - start;
      if (length > longest) tooLong(number);
      end += length + 1;
      yield {
        number,
        bytes: pieces.length === 1 ? chunk.subarray(start, at) : Buffer.concat(pieces),
        end,
        isWhole: true,
      };
      start = at + 1;
      number += 1;
      pieces = [];
      length = 0;
    }
    pieces.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > longest) tooLong(number);
  }
  if (length > 0) yield { number, bytes: Buffer.concat(pieces), end: end + length, isWhole: false };
}
