import type Sqlite from 'better-sqlite3';

/** A table of the SQLite file. */
export interface SourceTable {
  name: string;
  columns: Column[];
  /** Whether `id` is its key, which is also the number of the row. */
  hasId: boolean;
  rows: number;
  /** The greatest id that the table has ever had. 0 for a table without ids. */
  lastId: number;
}

export interface Column {
  name: string;
  kind: 'boolean' | 'time' | 'json' | 'plain';
}

/** Tables of Prisma and of SQLite, those that triggers fill from others, and leases that are over. */
const notCopied =
  /^(?:_prisma_migrations|sqlite_.*|SessionTitle.*|SessionTag|MessageText.*|MessageToIndex|Gateway)$/;

/** The tables of the gateway, each behind those that it refers to. */
export function sourceTables(source: Sqlite.Database): SourceTable[] {
  const names = source
    .prepare<[], string>(`SELECT name FROM sqlite_master WHERE type = 'table'`)
    .pluck()
    .all()
    .filter((name) => !notCopied.test(name));
  return inOrder(source, names).map((name) => describe(source, name));
}

function inOrder(source: Sqlite.Database, names: readonly string[]): string[] {
  const ordered = new Set<string>();
  const add = (name: string) => {
    if (ordered.has(name)) return;
    for (const parent of parentsOf(source, name)) if (parent !== name) add(parent);
    ordered.add(name);
  };
  names.forEach(add);
  return [...ordered];
}

function parentsOf(source: Sqlite.Database, name: string): string[] {
  const keys = source.pragma(`foreign_key_list("${name}")`) as { table: string }[];
  return keys.map(({ table }) => table);
}

const kinds: Record<string, Column['kind']> = { BOOLEAN: 'boolean', DATETIME: 'time', JSONB: 'json' };

function describe(source: Sqlite.Database, name: string): SourceTable {
  const infos = source.pragma(`table_info("${name}")`) as { name: string; type: string; pk: number }[];
  const hasId = infos.some((column) => column.name === 'id' && column.pk === 1);
  return {
    name,
    columns: infos.map((column) => ({ name: column.name, kind: kinds[column.type] ?? 'plain' })),
    hasId,
    rows: Number(source.prepare(`SELECT count(*) FROM "${name}"`).pluck().get()),
    lastId: hasId
      ? Number(source.prepare('SELECT seq FROM sqlite_sequence WHERE name = ?').pluck().get(name) ?? 0)
      : 0,
  };
}
