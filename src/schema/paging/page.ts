import { resolveCursorConnection } from '@pothos/plugin-relay';
import { maxId } from '../../base/global-id.ts';
import { GatewayError } from '../../errors.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';

/** The rows between two ids (both exclusive), from one end or the other. */
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

const defaultSize = 20;
const beyondAllIds = maxId + 1;

/** The last row alone. */
export const newestRow: Page = { after: 0, before: beyondAllIds, limit: 1, order: 'desc' };

/**
 * A connection over rows ordered by id: keyset pagination, in which every page costs the same.
 *
 * @throws GatewayError BAD_USER_INPUT for page arguments that make no sense.
 */
export async function resolvePage<Row extends { id: number }>({
  args,
  maxSize,
  order,
  load,
}: PageOptions<Row>) {
  checkSize('first', args.first, maxSize);
  checkSize('last', args.last, maxSize);
  if (args.first != null && args.last != null) {
    throw new GatewayError('BAD_USER_INPUT', 'first, last: give one of the two.', { field: 'last' });
  }
  const connection = await resolveCursorConnection<Promise<Row[]>>(
    { args, defaultSize: Math.min(defaultSize, maxSize), maxSize, toCursor: encodeCursor },
    ({ after, before, limit, inverted }) => {
      const start = after === undefined ? undefined : decodeCursor(after, 'after');
      const end = before === undefined ? undefined : decodeCursor(before, 'before');
      const [lower, upper] = order === 'asc' ? [start, end] : [end, start];
      const direction = inverted === (order === 'asc') ? 'desc' : 'asc';
      return load({ after: lower ?? 0, before: upper ?? beyondAllIds, limit, order: direction });
    },
  );
  if (connection.edges.length > 0) return connection;
  // The plugin gives cursors to nothing, an empty text among them.
  return { ...connection, pageInfo: { ...connection.pageInfo, startCursor: null, endCursor: null } };
}

function checkSize(field: string, size: number | null | undefined, maxSize: number): void {
  if (size == null || (size >= 0 && size <= maxSize)) return;
  throw new GatewayError('BAD_USER_INPUT', `${field}: expected 0 to ${maxSize}, got ${size}.`, { field });
}
