import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRanges } from '../../src/download/byte-ranges.ts';

const size = fc.integer({ min: 1, max: 300 });
const position = fc.integer({ min: 0, max: 400 });

/** One range in the notation of RFC 9110, section 14.1.2, and the bytes of a file that it selects. */
interface Part {
  text: string;
  bytes(size: number): number[];
}

const part: fc.Arbitrary<Part> = fc.oneof(
  fc.tuple(position, position).map(([a, b]) => {
    const [first, last] = [Math.min(a, b), Math.max(a, b)];
    return { text: `${first}-${last}`, bytes: (total: number) => from(first, Math.min(last, total - 1)) };
  }),
  position.map((first) => ({ text: `${first}-`, bytes: (total: number) => from(first, total - 1) })),
  position.map((length) => ({
    text: `-${length}`,
    bytes: (total: number) => from(Math.max(0, total - length), total - 1),
  })),
);
const parts = fc.array(part, { minLength: 1, maxLength: 30 });
const comma = fc.constantFrom(',', ', ', ' ,', '\t,\t');

function from(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, n) => first + n);
}

function bytesOf(ranges: { start: number; end: number }[]): number[] {
  return ranges.flatMap(({ start, end }) => from(start, end));
}

const sorted = (bytes: Iterable<number>) => [...new Set(bytes)].sort((a, b) => a - b);

test('the ranges contain each requested byte of the file once, unless there are so many that the whole file is sent', () => {
  fc.assert(
    fc.property(size, parts, comma, (total, asked, between) => {
      const ranges = readRanges(`bytes=${asked.map(({ text }) => text).join(between)}`, total);
      const expected = sorted(asked.flatMap(({ bytes }) => bytes(total)));
      if (ranges === null) {
        expect(runsIn(expected)).toBeGreaterThan(16);
      } else {
        expect(bytesOf(ranges)).toHaveLength(expected.length);
        expect(sorted(bytesOf(ranges))).toEqual(expected);
      }
    }),
  );
});

test('no header leads to a range outside the file or to a byte that is sent twice', () => {
  const garbage = fc.string({ unit: fc.constantFrom(...'0123456789-,= \tbytes.xe+') });
  fc.assert(
    fc.property(
      size,
      fc.oneof(
        garbage,
        fc.string(),
        garbage.map((rest) => `bytes=${rest}`),
      ),
      (total, header) => {
        const bytes = bytesOf(readRanges(header, total) ?? []);
        expect(new Set(bytes).size).toBe(bytes.length);
        expect(bytes.filter((byte) => !(byte >= 0 && byte < total))).toEqual([]);
      },
    ),
  );
});

/** The number of contiguous pieces that the bytes form. */
function runsIn(bytes: number[]): number {
  return bytes.filter((byte, index) => byte - 1 !== bytes[index - 1]).length;
}
