import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonScan } from '../../src/base/json-scan.ts';

/** Counts by walking through the parsed value. */
function sizeOf(value: unknown): { nodes: number; items: number } {
  if (typeof value !== 'object' || value === null) return { nodes: 0, items: 0 };
  const values: unknown[] = Object.values(value);
  const inner = values.map(sizeOf);
  const sum = (name: 'nodes' | 'items') => inner.reduce((total, each) => total + each[name], 0);
  const fields = Array.isArray(value) ? 0 : values.length;
  return { nodes: sum('nodes') + 1 + fields, items: sum('items') + Math.max(0, values.length - 1) };
}

test('what JSON holds is counted as it is, in whatever pieces its bytes come', () => {
  const key = fc.string({ unit: fc.constantFrom('a', '"', '\\', ',', '[', '{', ':', 'é', '😀') });
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'medium' },
      fc.constantFrom(null, true, -1.5e3, 0),
      key,
      fc.array(tie('value')),
      fc.dictionary(key, tie('value')),
    ),
  }));
  fc.assert(
    fc.property(value, fc.boolean(), fc.integer({ min: 1, max: 20 }), (json, isSpaced, piece) => {
      const bytes = Buffer.from(JSON.stringify(json, null, isSpaced ? 2 : 0));
      const counted = new JsonScan();
      for (let at = 0; at < bytes.length; at += piece) counted.addBytes(bytes.subarray(at, at + piece));
      const { nodes, items } = sizeOf(json);
      expect(counted.exceeds({ nodes, items })).toBe(false);
      expect(counted.exceeds({ nodes: nodes - 1, items })).toBe(true);
      expect(counted.exceeds({ nodes, items: items - 1 })).toBe(true);
    }),
  );
});
