import { createHash } from 'node:crypto';
import type Sqlite from 'better-sqlite3';
import type pg from 'pg';
import { marker } from '../postgres/unfinished-copy.ts';
import { rowValues } from './row-values.ts';
import type { SourceTable } from './source-table.ts';

/** What a table holds, whatever the order of its rows. */
interface Checksum {
  rows: number;
  /** The sum of the SHA-256 of all rows. */
  sum: bigint;
}

/** Rows that are read at once. */
const batchRows = 1_000;

/** Says how a table of the target differs from that of the source; undefined if it does not. */
export async function differenceOf(
  source: Sqlite.Database,
  target: pg.Client,
  table: SourceTable,
): Promise<string | undefined> {
  const ours = sourceChecksum(source, table);
  const theirs = await targetChecksum(target, table);
  if (ours.rows !== theirs.rows)
    return `${table.name} has ${ours.rows} rows in --from and ${theirs.rows} in --to`;
  return ours.sum === theirs.sum ? undefined : `the rows of ${table.name} differ between --from and --to`;
}

function sourceChecksum(source: Sqlite.Database, { name, columns }: SourceTable): Checksum {
  const checksum = { rows: 0, sum: 0n };
  const rows = source.prepare(`SELECT * FROM "${name}"`).safeIntegers().iterate();
  for (const row of rows as Iterable<Record<string, unknown>>) add(checksum, rowValues(columns, row));
  return checksum;
}

async function targetChecksum(target: pg.Client, { name, columns }: SourceTable): Promise<Checksum> {
  const checksum = { rows: 0, sum: 0n };
  // Times as text, because pg would read them in the time zone of this machine.
  const selected = columns.map(({ name: column, kind }) =>
    kind === 'plain' || kind === 'boolean' ? `"${column}"` : `CAST("${column}" AS TEXT) AS "${column}"`,
  );
  await target.query('BEGIN READ ONLY');
  const where = name === 'Secret' ? ` WHERE "name" <> '${marker}'` : '';
  await target.query(`DECLARE "rows" CURSOR FOR SELECT ${selected.join(', ')} FROM "${name}"${where}`);
  for (let isLast = false; !isLast; ) {
    const { rows } = await target.query<Record<string, unknown>>(`FETCH ${batchRows} FROM "rows"`);
    for (const row of rows) add(checksum, rowValues(columns, row));
    isLast = rows.length < batchRows;
  }
  await target.query('COMMIT');
  return checksum;
}

function add(checksum: Checksum, values: readonly (string | null)[]): void {
  checksum.rows += 1;
  checksum.sum += BigInt(`0x${createHash('sha256').update(JSON.stringify(values)).digest('hex')}`);
}
