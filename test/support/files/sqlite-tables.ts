import type Sqlite from 'better-sqlite3';

export interface TableDescription {
  columns: unknown[];
  foreignKeys: unknown[];
  indexes: { name: string; sql: string | null; columns: unknown[] }[];
}

/**
 * Describes the tables of a database independently of how they were created. A column that a later migration added
 * equals one that the first migration created.
 */
export function describeTables(connection: Sqlite.Database): Record<string, TableDescription> {
  const names = connection
    .prepare<[], string>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'",
    )
    .pluck()
    .all();
  return Object.fromEntries(names.map((name) => [name, describeTable(connection, name)]));
}

function describeTable(connection: Sqlite.Database, table: string): TableDescription {
  const select = (sql: string, of: string) => connection.prepare<[string], unknown>(sql).all(of);
  const indexes = connection
    .prepare<[string], { name: string; sql: string | null }>(
      'SELECT l.name, m.sql FROM pragma_index_list(?) l JOIN sqlite_master m ON m.name = l.name ORDER BY l.name',
    )
    .all(table);
  return {
    columns: select(
      'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_xinfo(?) ORDER BY name',
      table,
    ),
    foreignKeys: select(
      'SELECT "table", "from", "to", on_update, on_delete FROM pragma_foreign_key_list(?) ORDER BY "from"',
      table,
    ),
    indexes: indexes.map((index) => ({
      ...index,
      columns: select(
        'SELECT seqno, name, desc FROM pragma_index_xinfo(?) WHERE key ORDER BY seqno',
        index.name,
      ),
    })),
  };
}
