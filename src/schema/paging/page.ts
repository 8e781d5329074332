import { resolveCursorConnection } from '@pothos/plugin-relay';
import { maxId } from '../../base/global-id.ts';
import { GatewayError } from '../../errors.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';

/** At most `limit` rows with ids between `after` and `before`, both exclusive, in the given order of their ids. */
export interface Page {
  after: number;
  before: number;
  limit: number;
  order: 'asc' | 'desc';
}

interface PageArgs {
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
}

interface PageOptions<Row> {
  args: PageArgs;
  maxSize: number;
  /** The order in which the connection lists its rows. */
  order: Page['order'];
  load: (page: Page) => Promise<Row[]>;
}

/** Items in a page whose size is not given. */
export const defaultPageSize = 20;
const beyondAllIds = maxId + 1;

/** The page that holds only the newest row. */
export const newestRow: Page = { after: 0, before: beyondAllIds, limit: 1, order: 'desc' };

/**
 * Resolves a Relay connection over rows in the order of their ids. It uses keyset pagination, so that a late page
 * costs no more than the first.
 *
 * @throws GatewayError BAD_USER_INPUT for a bad cursor, for a size over `maxSize`, or for `first` together with `last`.
 */
export async function resolvePage<Row extends { id: number }>({
  args: given,
  maxSize,
  order,
  load,
}: PageOptions<Row>) {
  // Clients send an empty text for a cursor that they do not have.
  const args = { ...given, after: given.after || undefined, before: given.before || undefined };
  checkSize('first', args.first, maxSize);
  checkSize('last', args.last, maxSize);
  if (args.first != null && args.last != null) {
    throw new GatewayError('BAD_USER_INPUT', 'first, last: give one of the two.', { field: 'last' });
  }
  const connection = await resolveCursorConnection<Promise<Row[]>>(
    { args, defaultSize: Math.min(defaultPageSize, maxSize), maxSize, toCursor: encodeCursor },
    ({ after, before, limit, inverted }) => {
      const start = after === undefined ? undefined : decodeCursor(after, 'after');
      const end = before === undefined ? undefined : decodeCursor(before, 'before');
      const [lower, upper] = order === 'asc' ? [start, end] : [end, start];
      const direction = inverted === (order === 'asc') ? 'desc' : 'asc';
      return load({ after: lower ?? 0, before: upper ?? beyondAllIds, limit, order: direction });
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
