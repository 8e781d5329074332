import { readFileSync, writeFileSync } from 'node:fs';

/** A generator that only the schema of SQLite has: Pothos takes the same types for both databases. */
const pothosGenerator = /^generator pothos \{[^}]*\}\n\n/m;

const note = `// Derived from ../schema.prisma by src/storage/postgres/derive-schema.ts: change that one, and run "npm run generate".\n\n`;

/**
 * Derives the schema for PostgreSQL from the one for SQLite. They differ in the provider, in the folder of the client,
 * and in three types:
 *
 * - A JSON column has the type `json`, which keeps the text as it was written, as SQLite does. `jsonb` would sort the
 *   keys, and it refuses the escape of U+0000.
 * - Sums of tokens are `double precision`, exact up to 2^53. An `integer` ends at 2^31, and SQLite's does not.
 * - The id of a `Change` is a `bigint`: a busy gateway writes 2^31 of them within months.
 *
 * @param source The text of `prisma/schema.prisma`.
 * @returns The text of `prisma/postgresql/schema.prisma`.
 */
export function postgresSchema(source: string): string {
  return (
    note +
    source
      .replace(/^(?:\/\/(?!\/).*\n)+\n/, '')
      .replace(pothosGenerator, '')
      .replace('"../src/generated/prisma"', '"../../src/generated/prisma-postgresql"')
      .replace('provider = "sqlite"', 'provider = "postgresql"')
      .replace(/^( +\w+ +Json\??)/gm, '$1 @db.Json')
      .replace(/^( +\w+Tokens +)Int\b/gm, '$1Float')
      .replace(/^(model Change \{\n +id +)Int\b/m, '$1BigInt')
  );
}

if (import.meta.filename === process.argv[1]) {
  writeFileSync(
    'prisma/postgresql/schema.prisma',
    postgresSchema(readFileSync('prisma/schema.prisma', 'utf8')),
  );
}
