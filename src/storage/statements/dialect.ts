import { compareWholeRows } from './index-range.ts';

// The SQL that SQLite and PostgreSQL write in different ways. Statements are written for SQLite, with the pieces below
// where the two differ, and `toPostgres` replaces these pieces.

/** Compares a column with a list of ids, which is one parameter: see `idList`. */
export const amongIds = 'IN (SELECT "value" FROM json_each(?))';

/** A list of ids as a table with the column `value`. Its parameter is an `idList`. */
export function rowsOfIds(name: string): string {
  return `json_each(?) AS "${name}"`;
}

/** A JSON array of objects as a table with the column `value`. Its parameter is the JSON. */
export function rowsOfObjects(name: string): string {
  return `json_each(?, '$') AS "${name}"`;
}

/** Compares a column with a list of texts, which is one parameter: see `textList`. */
export const amongTexts = `IN (SELECT "listed"."value" ->> 'text' FROM json_each(?, '$') AS "listed")`;

/** The parameter of `amongTexts`. */
export function textList(texts: Iterable<string>): string {
  return JSON.stringify(Array.from(new Set(texts), (text) => ({ text })));
}

/** A time that a JSON object holds as the text of `timeText`, as the value of a column. */
export function timeOf(text: string): string {
  return `/* time */ (${text})`;
}

/** As `timeOf` writes it. PostgreSQL does not make a time of a text by itself. */
const writtenTime = /\/\* time \*\/ \(([^)]*)\)/g;

/** The text of a time as Prisma stores it in SQLite; PostgreSQL reads it too. */
export function timeText(time: Date): string {
  return time.toISOString().replace('Z', '+00:00');
}

/** A JSON array of the values of all rows, in SQL. */
export function jsonList(value: string): string {
  return `json_group_array(${value})`;
}

/** A JSON object, in SQL. @param fields Each name and its value, separated by commas. */
export function jsonObject(fields: string): string {
  return `json_object(${fields})`;
}

/** The parameter of `amongIds` and `rowsOfIds`. */
export function idList(ids: Iterable<number>): string {
  return JSON.stringify([...new Set(ids)]);
}

/**
 * Joins some rows of a table to each row that stands before it, under the name of the table. It must be the end of the
 * statement.
 *
 * @param rows Which rows: `WHERE … ORDER BY … LIMIT ?`, with the table as `"row"`.
 * @param limit How many rows of all: ` LIMIT ?`.
 */
export function rowsOfEach(table: string, rows: string, limit: '' | ' LIMIT ?' = ''): string {
  return `CROSS JOIN "${table}" WHERE "${table}"."id" IN (SELECT "id" FROM "${table}" AS "row" ${rows})${limit}`;
}

/** As `rowsOfEach` writes it. PostgreSQL would look for each row of the table whether it is among those rows. */
const ofEach =
  /CROSS JOIN "(\w+)" WHERE "\1"\."id" IN \(SELECT "id" FROM "\1" AS "row" (.*)\)(?=(?: LIMIT \?)?$)/s;

/** The greater of two numbers, in SQL. The aggregate function is written `MAX`. */
export function greater(a: string, b: string): string {
  return `max(${a}, ${b})`;
}

/** The smaller of two numbers, in SQL. The aggregate function is written `MIN`. */
export function lesser(a: string, b: string): string {
  return `min(${a}, ${b})`;
}

/** The id of the present transaction. SQLite runs one at a time and has no such ids: there it is 0. */
export const presentTransaction = '/* present transaction */ 0';

/**
 * Whether all transactions have ended whose ids are not above that of the row. In SQLite, where readers see a
 * transaction only after all earlier ones, this is true for each row.
 */
export const isSettled = '/* settled */ TRUE';

/**
 * Whether a row of `Change` comes after a position, or not after it. Parameters: transaction and id of the position. SQLite
 * has only the transaction 0, and would compare pairs without the second column of its index.
 */
export const isBehind = '"transactionId" = ? AND "id" > ?';
export const isNotBehind = '"transactionId" = ? AND "id" <= ?';

/**
 * As `isBehind`, for the rows of one owner. Parameters: the owner, then those of `isBehind`. PostgreSQL compares the owner,
 * too: otherwise it may go through the changes of all owners.
 *
 * @param column The owner, quoted.
 */
export function isBehindOf(column: string): string {
  return `${column} = ? AND ${isBehind}`;
}

const behindOf = new RegExp(`(\\S+) = \\? AND ${isBehind.replaceAll('?', '\\?')}`, 'g');
/** The last of three parameters again is `?~1`, and the first `?~3`. No id of a transaction is greater than this one. */
const behindOfOwner =
  '($1, "transactionId", "id") > (?, ?, ?) AND ($1, "transactionId") <= (?~3, 9223372036854775807)';

/** The id of the oldest transaction that has not ended, in PostgreSQL, as this statement sees it. */
const oldestOpen = 'CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT)';

/**
 * At the end of a subquery: keeps the row as it is until the transaction ends, and waits for another transaction that
 * changes it. SQLite runs one transaction at a time.
 */
export const keptAsItIs = '/* FOR SHARE */';

/** The ids of an `idList` as rows, in PostgreSQL. */
const idRows =
  'SELECT CAST("id" AS INTEGER) FROM json_array_elements_text(CAST(? AS JSON)) AS "listed"("id")';

/**
 * Writes a statement of this folder so that SQLite plans it once. It would read a limit that is a bare parameter while it
 * plans, and so prepare the statement anew whenever it is executed.
 */
export function plannedOnce(sql: string): string {
  return sql.replaceAll('LIMIT ?', 'LIMIT +?');
}

/** Writes a statement of this folder as PostgreSQL wants it, with `$1`, `$2` … in place of each `?`. */
export function toPostgres(sql: string): string {
  let parameters = 0;
  return (
    compareWholeRows(sql)
      .replace(ofEach, 'CROSS JOIN LATERAL (SELECT * FROM "$1" AS "row" $2) AS "$1"')
      // The array is read once, and then the index of the column is used.
      .replaceAll(amongIds, `= ANY(ARRAY(${idRows}))`)
      .replaceAll(/json_each\(\?\) AS "(\w+)"/g, `(${idRows}) AS "$1"("value")`)
      .replaceAll(
        /json_each\(\?, '\$'\) AS "(\w+)"/g,
        'json_array_elements(CAST(? AS JSON)) AS "$1"("value")',
      )
      .replaceAll('json_group_array(', 'json_agg(')
      .replaceAll('json_object(', 'json_build_object(')
      .replaceAll(writtenTime, 'CAST($1 AS TIMESTAMP(3))')
      .replaceAll(/\bmax\(/g, 'GREATEST(')
      .replaceAll(/\bmin\(/g, 'LEAST(')
      .replaceAll(presentTransaction, 'CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)')
      .replaceAll(behindOf, behindOfOwner)
      .replaceAll(isBehind, '("transactionId", "id") > (?, ?)')
      .replaceAll(isNotBehind, '("transactionId", "id") <= (?, ?)')
      .replaceAll(isSettled, `("transactionId" < ${oldestOpen})`)
      .replaceAll(keptAsItIs, 'FOR SHARE')
      .replaceAll(/\?(?:~(\d))?/g, (_, back?: string) => {
        if (back === undefined) parameters += 1;
        return `$${parameters - Number(back ?? 1) + 1}`;
      })
  );
}
