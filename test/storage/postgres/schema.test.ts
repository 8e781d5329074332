import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { postgresSchema } from '../../../src/storage/postgres/derive-schema.ts';

const read = (path: string) => readFileSync(new URL(`../../../prisma/${path}`, import.meta.url), 'utf8');
const source = read('schema.prisma');
const derived = read('postgresql/schema.prisma');

test('the schema of PostgreSQL is the one that is derived from the schema of SQLite', () => {
  expect(derived).toBe(postgresSchema(source));
});

test('the two schemas differ in nothing but the provider, the folders, and three types', () => {
  /** Without comments at the top and the generator that one of them has, and with one space between words. */
  const words = (schema: string) =>
    schema
      .slice(schema.indexOf('datasource db'))
      .replaceAll(/ +/g, ' ')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('//'));
  const [ours, theirs] = [words(source), words(derived)];
  expect(theirs).toHaveLength(ours.length);
  const changes = ours.flatMap((line, index) => (line === theirs[index] ? [] : [[line, theirs[index]]]));
  const kinds = changes.map(([from = '', to = '']) => {
    if (/ Json\??( |$)/.test(from) && to.replace(' @db.Json', '') === from) return 'json';
    if (/^ \w+Tokens Int /.test(from) && to === from.replace(' Int ', ' Float ')) return 'tokens';
    return `${from} -> ${to}`;
  });
  expect([...new Set(kinds)].toSorted()).toEqual([
    ' id Int @id @default(autoincrement()) ->  id BigInt @id @default(autoincrement())',
    ' provider = "sqlite" ->  provider = "postgresql"',
    'json',
    'tokens',
  ]);
});
