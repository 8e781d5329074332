// The SQL that SQLite and PostgreSQL write in different ways.

/** Compares a column with a list of ids, which is one parameter: see `idList`. PostgreSQL: `= ANY(?)`. */
export const amongIds = 'IN (SELECT "value" FROM json_each(?))';

/** A list of ids as a table with the column `value`. Its parameter is an `idList`. PostgreSQL: `unnest(?) AS "x"("value")`. */
export function rowsOfIds(name: string): string {
  return `json_each(?) AS "${name}"`;
}

/** The parameter of `amongIds` and `rowsOfIds`. PostgreSQL: the array itself. */
export function idList(ids: Iterable<number>): string {
  return JSON.stringify([...new Set(ids)]);
}

/** The greater of two numbers, in SQL. PostgreSQL: `GREATEST(a, b)`. */
export function greater(a: string, b: string): string {
  return `max(${a}, ${b})`;
}
