import type Sqlite from 'better-sqlite3';
import type pg from 'pg';
import { rowValues } from './row-values.ts';
import type { SourceTable } from './source-table.ts';

/** Rows that are sent at once. */
const batchRows = 500;
/** Characters of texts that are sent at once, unless a single row has more. */
const batchLength = 4_000_000;

/**
 * Copies the rows of a table that the target does not have yet, in the order in which they were made.
 *
 * @param onRows Is called with the number of rows that the target has now.
 */
export async function copyTable(
  source: Sqlite.Database,
  target: pg.Client,
  table: SourceTable,
  onRows: (rows: number) => void,
): Promise<void> {
  const { name, columns, hasId } = table;
  // A row that was sent before is left out by ON CONFLICT, so a table without ids may begin anew.
  const after = hasId ? await greatestId(target, name) : 0n;
  let copied = hasId ? countUpTo(source, name, after) : 0;
  const insert = await insertInto(target, table);
  const rows = source
    .prepare(`SELECT * FROM "${name}" WHERE rowid > ? ORDER BY rowid`)
    .safeIntegers()
    .iterate(after) as IterableIterator<Record<string, unknown>>;
  let batch: (string | null)[][] = [];
  let length = 0;
  const send = async () => {
    const values = columns.map((_, column) => batch.map((row) => row[column] ?? null));
    await target.query(insert, values);
    copied += batch.length;
    onRows(copied);
    batch = [];
    length = 0;
  };
  for (const row of rows) {
    const values = rowValues(columns, row);
    const size = values.reduce((sum, value) => sum + (value?.length ?? 0), 0);
    if (batch.length > 0 && (batch.length === batchRows || length + size > batchLength)) await send();
    batch.push(values);
    length += size;
  }
  if (batch.length > 0) await send();
}

/** A statement with a parameter for each column: the texts of its values. */
async function insertInto(target: pg.Client, { name, columns }: SourceTable): Promise<string> {
  const { rows } = await target.query<{ name: string; type: string }>(
    `SELECT attname AS "name", format_type(atttypid, atttypmod) AS "type" FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [`"${name}"`],
  );
  const types = new Map(rows.map((column) => [column.name, column.type]));
  const names = columns.map((column) => `"${column.name}"`).join(', ');
  const typed = columns.map((column) => `CAST("${column.name}" AS ${types.get(column.name)})`).join(', ');
  const texts = columns.map((_, index) => `$${index + 1}::text[]`).join(', ');
  return `INSERT INTO "${name}" (${names}) SELECT ${typed} FROM unnest(${texts}) AS "row"(${names}) ON CONFLICT DO NOTHING`;
}

/** Lets the ids of new rows begin behind every id that the source has ever used. */
export async function continueIds(target: pg.Client, { name, hasId, lastId }: SourceTable): Promise<void> {
  if (!hasId) return;
  await target.query(`SELECT setval(pg_get_serial_sequence($1, 'id'), $2, $3)`, [
    `"${name}"`,
    Math.max(lastId, 1),
    lastId > 0,
  ]);
}

async function greatestId(target: pg.Client, name: string): Promise<bigint> {
  const { rows } = await target.query<{ id: number | null }>(`SELECT MAX("id") AS "id" FROM "${name}"`);
  return BigInt(rows[0]?.id ?? 0);
}

function countUpTo(source: Sqlite.Database, name: string, id: bigint): number {
  return Number(source.prepare(`SELECT count(*) FROM "${name}" WHERE rowid <= ?`).pluck().get(id));
}
