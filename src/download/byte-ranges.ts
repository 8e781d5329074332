import parseRange from 'range-parser';
import type { ByteRange } from '../blobs/blob-store.ts';

/** The most ranges in one response. Adjacent ranges are joined first. A request for more gets the whole file. */
const maxRanges = 16;

/**
 * Reads a `Range` header.
 *
 * @param size The size of the file in bytes.
 * @returns The requested ranges; an empty array if all of them are outside the file; null if the whole file is sent,
 * because the header is missing, malformed or asks for too many ranges.
 */
export function readRanges(header: string | undefined, size: number): ByteRange[] | null {
  if (header === undefined || !/^bytes=/i.test(header)) return null;
  const ranges = parseRange(size, clampSuffixes(header, size), { combine: true });
  if (ranges === -1) return [];
  return ranges === -2 || ranges.length > maxRanges ? null : ranges;
}

/** The value of a `Content-Range` header. */
export function contentRange({ start, end }: ByteRange, size: number): string {
  return `bytes ${start}-${end}/${size}`;
}

/** Shortens `-100` to `-10` for a file of 10 bytes: RFC 9110 allows it, but range-parser rejects it. */
function clampSuffixes(header: string, size: number): string {
  return header.replaceAll(/([=,]\s*)-\s*(\d+)/g, (_match, before: string, length: string) => {
    return `${before}-${Math.min(Number(length), size)}`;
  });
}
