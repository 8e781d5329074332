import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeId, encodeId, maxId } from '../../src/base/global-id.ts';
import { GatewayError } from '../../src/errors.ts';
import { ResumeHeaders } from '../../src/rest/chat/last-event-id.ts';
import { decodeCursor, encodeCursor } from '../../src/schema/paging/cursor.ts';

const id = fc.integer({ min: 1, max: maxId });
const typename = fc.constantFrom('Session', 'Message', 'Run');
/** Any text, and text that is nearly one of ours. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'binary' }).map((inner) => Buffer.from(inner).toString('base64')),
  fc
    .tuple(fc.constantFrom('cursor', 'Session', 'Run'), fc.string())
    .map(([type, rest]) => base64(`${type}:${rest}`)),
  fc.tuple(typename, fc.double()).map(([type, number]) => base64(`${type}:${number}`)),
);

function base64(plain: string): string {
  return Buffer.from(plain).toString('base64');
}

test('a cursor leads back to the row that it was made of', () => {
  fc.assert(
    fc.property(id, (row) => {
      expect(decodeCursor(encodeCursor({ id: row }), 'after')).toBe(row);
    }),
  );
});

test('any text is a cursor to a row that there could be, or is refused as bad input', () => {
  const decode = (cursor: string) => {
    try {
      return decodeCursor(cursor, 'after');
    } catch (error) {
      expect(error).toBeInstanceOf(GatewayError);
      expect((error as GatewayError).extensions).toEqual({ code: 'BAD_USER_INPUT', field: 'after' });
      return 0;
    }
  };
  fc.assert(
    fc.property(text, (cursor) => {
      const row = decode(cursor);
      expect(Number.isInteger(row) && row >= 0 && row <= maxId).toBe(true);
    }),
  );
});

test('a global id leads back to what it was made of', () => {
  fc.assert(
    fc.property(typename, id, (type, row) => {
      expect(decodeId(encodeId(type, row))).toEqual({ typename: type, id: String(row) });
    }),
  );
});

test('any text is the global id of one row, or of none', () => {
  fc.assert(
    fc.property(text, (globalId) => {
      const decoded = decodeId(globalId);
      if (decoded === undefined) return;
      const row = Number(decoded.id);
      expect(String(row)).toBe(decoded.id);
      expect(row).toBeGreaterThan(0);
      expect(row).toBeLessThanOrEqual(maxId);
    }),
  );
});

test('any text is a Last-Event-ID that stands for itself, or is refused with its place', () => {
  const eventId = fc.oneof(
    fc.string(),
    fc.tuple(fc.integer(), fc.integer()).map(([run, seq]) => `${run}:${seq}`),
    fc.tuple(fc.nat(), fc.nat()).map(([run, seq]) => `${run}:${seq}`),
  );
  fc.assert(
    fc.property(eventId, (given) => {
      const { success, data, error } = ResumeHeaders.safeParse({ 'Last-Event-ID': given });
      if (!success) {
        expect(error.issues.map(({ path }) => path)).toEqual([['Last-Event-ID']]);
        return;
      }
      const cursor = data['Last-Event-ID'];
      expect([cursor?.run, cursor?.seq]).toEqual(given.split(':').map(Number));
      expect(Math.max(cursor?.run ?? 0, cursor?.seq ?? 0)).toBeLessThanOrEqual(maxId);
    }),
  );
});
