import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeId, encodeId, maxId } from '../../src/base/global-id.ts';
import { GatewayError } from '../../src/errors.ts';
import { ResumeHeaders } from '../../src/rest/chat/last-event-id.ts';
import { decodeCursor, encodeCursor } from '../../src/schema/paging/cursor.ts';

const id = fc.integer({ min: 1, max: maxId });
const typename = fc.constantFrom('Session', 'Message', 'Run');
/** Any text, and texts that are almost valid ids. */
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

test('a cursor decodes to the row from which it was encoded', () => {
  fc.assert(
    fc.property(id, (row) => {
      expect(decodeCursor(encodeCursor({ id: row }), 'after')).toBe(row);
    }),
  );
});

test('any text decodes as a cursor to a possible row id, or is refused with BAD_USER_INPUT', () => {
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

test('a global id decodes to the type and the row from which it was encoded', () => {
  fc.assert(
    fc.property(typename, id, (type, row) => {
      expect(decodeId(encodeId(type, row))).toEqual({ typename: type, id: String(row) });
    }),
  );
});

test('any text decodes as a global id to a possible row id, or to undefined', () => {
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

test('any text is parsed as the Last-Event-ID that it writes, or is refused with the name of the header', () => {
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
      const written = given === '' ? [undefined, undefined] : given.split(':').map(Number);
      expect([cursor?.run, cursor?.seq]).toEqual(written);
      expect(Math.max(cursor?.run ?? 0, cursor?.seq ?? 0)).toBeLessThanOrEqual(maxId);
    }),
  );
});
