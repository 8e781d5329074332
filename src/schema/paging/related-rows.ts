import { groupBy } from '../../base/group-by.ts';
import type { MaybePromise } from '../../storage/statements/statement.ts';

/** Rows of one table that belong to rows of another, such as the nodes of sessions. */
export interface Relation<Related> {
  /** Reads the rows that belong to any of the rows with these ids. */
  read(ids: number[]): MaybePromise<Related[]>;
  /** The id of the row that a row belongs to. */
  ownerOf(row: Related): number;
}

type ByOwner = Map<number, unknown[]>;

/** Rows that were read together, and what has been read for all of them since. */
interface Group {
  ids: number[];
  read: Map<unknown, MaybePromise<ByOwner>>;
}

/** A key in the rows themselves: a WeakMap of so many short-lived rows would cost the garbage collector more. */
const group = Symbol('rows that were read together');

interface Row {
  id: number;
  [group]?: Group;
}

/**
 * Notes that these rows were read together, so that `relatedRows` reads for all of them at once.
 *
 * @param rows Rows that nobody else has: what is read for them is kept as long as they are.
 */
export function readTogether<Each extends Row>(rows: Each[]): Each[] {
  const together: Group = { ids: rows.map(({ id }) => id), read: new Map() };
  for (const row of rows) row[group] = together;
  return rows;
}

/**
 * The rows that belong to a row. The first row of a page that asks reads them for the whole page. A loader would do the
 * same with several promises for each row, which cost more than the statement. Undefined if it is not known which rows
 * were read together with this one.
 */
export function relatedRows<Related>(
  row: Row,
  relation: Relation<Related>,
): MaybePromise<Related[]> | undefined {
  const together = row[group];
  if (together === undefined) return undefined;
  let found = together.read.get(relation) as MaybePromise<Map<number, Related[]>> | undefined;
  if (found === undefined) {
    found = andThen(relation.read(together.ids), (rows) => groupBy(rows, relation.ownerOf));
    together.read.set(relation, found);
    // What has been read needs no promise any more. A failure stays a promise, for each row that asks.
    if (found instanceof Promise) {
      found.then(
        (byOwner) => together.read.set(relation, byOwner),
        () => undefined,
      );
    }
  }
  return andThen(found, (byOwner) => byOwner.get(row.id) ?? []);
}

/** `value.then(use)`, at once if the value is there. */
export function andThen<T, U>(value: MaybePromise<T>, use: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(use) : use(value);
}
