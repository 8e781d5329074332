import { resolveCursorConnection } from '@pothos/plugin-relay';
import { maxId } from '../../base/global-id.ts';
import { GatewayError } from '../../errors.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';

/** At most `limit` rows between the positions `after` and `before`, both exclusive, in the given order. */
export interface PageOf<Position> {
  after: Position;
  before: Position;
  limit: number;
  order: 'asc' | 'desc';
}

/** A page of rows that are in the order of their ids. */
export type Page = PageOf<number>;

/** How the rows of a connection are ordered. */
export interface Positions<Row, Position> {
  /** A position before all rows. */
  start: Position;
  /** A position behind all rows. */
  end: Position;
  encode(row: Row): string;
  /**
   * @param field The argument that holds the cursor, for the error.
   * @throws GatewayError BAD_USER_INPUT for text that is not a cursor of this order.
   */
  decode(cursor: string, field: string): Position;
}

/** The arguments of a connection. */
export interface PageArgs {
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
}

interface PageOptions<Row, Position> {
  args: PageArgs;
  maxSize: number;
  /** The order in which the connection lists its rows. */
  order: Page['order'];
  load: (page: PageOf<Position>) => Promise<Row[]>;
}

/** Items in a page whose size is not given. */
export const defaultPageSize = 20;
/** No row gets this id, the last one of an `integer` in PostgreSQL, which refuses to compare one with a greater number. */
const beyondAllIds = maxId;

/** The page that holds only the newest row. */
export const newestRow: Page = { after: 0, before: beyondAllIds, limit: 1, order: 'desc' };

/** The order of the ids. */
export const idPositions: Positions<{ id: number }, number> = {
  start: 0,
  end: beyondAllIds,
  encode: encodeCursor,
  decode: decodeCursor,
};

/**
 * Resolves a Relay connection over rows in the order of their ids. It uses keyset pagination, so that a late page
 * costs no more than the first.
 *
 * @throws GatewayError BAD_USER_INPUT for a bad cursor, for a size over `maxSize`, or for `first` together with `last`.
 */
export function resolvePage<Row extends { id: number }>(options: PageOptions<Row, number>) {
  return resolveOrderedPage<Row, number>({ ...options, positions: idPositions });
}

/** As `resolvePage`, for rows in any order. */
export async function resolveOrderedPage<Row, Position>({
  args: given,
  maxSize,
  order,
  load,
  positions,
}: PageOptions<Row, Position> & { positions: Positions<Row, Position> }) {
  // Clients send an empty text for a cursor that they do not have.
  const args = { ...given, after: given.after || undefined, before: given.before || undefined };
  checkSize('first', args.first, maxSize);
  checkSize('last', args.last, maxSize);
  if (args.first != null && args.last != null) {
    throw new GatewayError('BAD_USER_INPUT', 'first, last: give one of the two.', { field: 'last' });
  }
  const { encode: toCursor, decode } = positions;
  const connection = await resolveCursorConnection<Promise<Row[]>>(
    { args, defaultSize: Math.min(defaultPageSize, maxSize), maxSize, toCursor },
    ({ after, before, limit, inverted }) => {
      const start = after === undefined ? undefined : decode(after, 'after');
      const end = before === undefined ? undefined : decode(before, 'before');
      const [lower, upper] = order === 'asc' ? [start, end] : [end, start];
      const direction = inverted === (order === 'asc') ? 'desc' : 'asc';
      return load({
        after: lower ?? positions.start,
        before: upper ?? positions.end,
        limit,
        order: direction,
      });
    },
  );
  if (connection.edges.length > 0) return connection;
  // For an empty page the plugin returns the empty text as a cursor.
  return { ...connection, pageInfo: { ...connection.pageInfo, startCursor: null, endCursor: null } };
}

function checkSize(field: string, size: number | null | undefined, maxSize: number): void {
  if (size == null || (size >= 0 && size <= maxSize)) return;
  throw new GatewayError('BAD_USER_INPUT', `${field}: expected 0 to ${maxSize}, got ${size}.`, { field });
}
