import { randomUUID } from 'node:crypto';
import type { ByteRange } from '../blobs/blob-store.ts';
import { contentRange } from './byte-ranges.ts';
import type { Representation } from './representation.ts';

/** A response that sends a file or parts of it. */
export interface Content {
  status: 200 | 206;
  headers: Record<string, string>;
  parts: [ContentPart, ...ContentPart[]];
  /** The text behind the last part: the closing boundary, or nothing. */
  tail: string;
}

interface ContentPart {
  /** The text before the bytes: boundary and part headers, or nothing. */
  head: string;
  range: ByteRange;
}

/**
 * Plans the response to a request for a file.
 *
 * @param ranges One or more ranges, or null for the whole file.
 */
export function layOut(file: Representation, ranges: ByteRange[] | null): Content {
  const { size, mimeType } = file;
  const [first = { start: 0, end: size - 1 }, ...more] = ranges ?? [];
  if (more.length > 0) return layOutParts(file, first, more);
  return {
    status: ranges === null ? 200 : 206,
    headers: {
      'Content-Type': mimeType,
      'Content-Length': String(lengthOf(first)),
      ...(ranges !== null && { 'Content-Range': contentRange(first, size) }),
    },
    parts: [{ head: '', range: first }],
    tail: '',
  };
}

/** Plans a `multipart/byteranges` response: more than one range. */
function layOutParts({ size, mimeType }: Representation, first: ByteRange, more: ByteRange[]): Content {
  const boundary = randomUUID();
  const part = (range: ByteRange): ContentPart => {
    const head = `--${boundary}\r\nContent-Type: ${mimeType}\r\nContent-Range: ${contentRange(range, size)}\r\n\r\n`;
    return { head: range === first ? head : `\r\n${head}`, range };
  };
  const parts: Content['parts'] = [part(first), ...more.map(part)];
  const tail = `\r\n--${boundary}--\r\n`;
  const length = parts.reduce((sum, { head, range }) => sum + head.length + lengthOf(range), tail.length);
  return {
    status: 206,
    headers: {
      'Content-Type': `multipart/byteranges; boundary=${boundary}`,
      'Content-Length': String(length),
    },
    parts,
    tail,
  };
}

function lengthOf({ start, end }: ByteRange): number {
  return end - start + 1;
}
