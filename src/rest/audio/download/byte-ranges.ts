import parseRange from 'range-parser';
import type { ByteRange } from '../../../blobs/blob-store.ts';

/** More ranges than these, after those that touch were joined, are answered with the whole. */
const maxRanges = 16;

/**
 * The parts that a `Range` header asks for; null where the whole is to be sent.
 *
 * @param size In bytes.
 * @returns An empty array where there is no such part.
 */
export function readRanges(header: string | undefined, size: number): ByteRange[] | null {
  if (header === undefined || !/^bytes=/i.test(header)) return null;
  const ranges = parseRange(size, clampSuffixes(header, size), { combine: true });
  if (ranges === -1) return [];
  return ranges === -2 || ranges.length > maxRanges ? null : ranges;
}

export function contentRange({ start, end }: ByteRange, size: number): string {
  return `bytes ${start}-${end}/${size}`;
}

/** The last 100 bytes of 10 are all of them, which range-parser calls unsatisfiable. */
function clampSuffixes(header: string, size: number): string {
  return header.replaceAll(/([=,]\s*)-\s*(\d+)/g, (_match, before: string, length: string) => {
    return `${before}-${Math.min(Number(length), size)}`;
  });
}
