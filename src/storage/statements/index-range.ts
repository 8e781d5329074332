// Rows that lie together in an index: those that have certain values in its first columns, in the order of the others.
//
// SQLite finds them by `"userId" = ? AND ("id") > (?)`. PostgreSQL may go through the index of the ids instead, because
// it guesses how many rows have the value: where it guesses wrong, it reads the whole table to find a few rows. So it
// compares the columns of the index together, `("userId", "id") > (?, ?)`, which no other index can answer.

/** A part of an index. The names of columns are quoted. */
export interface IndexRange {
  /** The first columns of the index with the value of each, which is a name or a `?`: `['"userId" = ?']`. */
  equal: readonly string[];
  /** The other columns of the index, by which the rows are sorted. */
  columns: readonly string[];
}

/**
 * The condition that a row of the range comes behind (`>`) or before (`<`) a position, or not behind it (`<=`). Its parameters are the values of
 * `equal`, then those of the position. Use it for both ends of the range, and sort by `indexOrder`.
 *
 * @param position A value for each of `columns`.
 */
export function inIndex({ equal, columns }: IndexRange, sign: '<' | '<=' | '>', position: string): string {
  const first = equal.map((value) => `${value} AND `).join('');
  return `${first && mark}${first}(${columns.join(', ')}) ${sign} (${position})`;
}

/**
 * How the rows of the range are sorted: `ORDER BY` …. Only PostgreSQL is told the equal columns, because it does not know that
 * they are equal. SQLite would sort the rows again where one of them is an expression.
 */
export function indexOrder({ equal, columns }: IndexRange, direction: 'ASC' | 'DESC'): string {
  const sorted = (names: readonly string[]) => names.map((name) => `${name} ${direction}`).join(', ');
  const first = sorted(equal.map(columnOf));
  if (equal.length === 0 || columns.length === 0) return `ORDER BY ${first}${sorted(columns)}`;
  return `ORDER BY /* equal: ${first}, */ ${sorted(columns)}`;
}

const equalOrder = /\/\* equal: (.*?) \*\//g;

const mark = '/* in index */ ';
const marked = /\/\* in index \*\/ ((?:\S+ = \S+ AND )*)(\S+) = (\S+) AND \(([^)]*)\) ([<>]=?) \(/g;

/**
 * Writes the conditions of `inIndex` and `indexOrder` for PostgreSQL. Of several equal columns, it leaves all but the last as they are:
 * PostgreSQL stops at the end of a range only where the first of the compared columns tells it to.
 */
export function compareWholeRows(sql: string): string {
  return sql.replaceAll(equalOrder, '$1').replaceAll(marked, '$1($2, $4) $5 ($3, ');
}

function columnOf(equal: string): string {
  return equal.slice(0, equal.indexOf(' = '));
}
