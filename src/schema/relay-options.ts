import type { RelayPluginOptions } from '@pothos/plugin-relay';
import { shorten } from '../base/cut-text.ts';
import { decodeId } from '../base/global-id.ts';
import type { Context } from '../context.ts';
import { GatewayError } from '../errors.ts';
import type { RowSize } from '../storage/statements/messages.ts';
import { isOwn } from './access/access.ts';
import { messageSizes, readRows } from './paging/rows.ts';
import type { BuilderTypes } from './schema-types.ts';

/** Describes the field `id` of every object that `node` can find. */
export const idDescription =
  'The id of the object: opaque, and unique among all objects of this API. `node` finds the object by it.';

/** The fields `node` and `nodes`, and the descriptions of the types that the relay plugin makes. */
export const relayOptions: RelayPluginOptions<BuilderTypes> = {
  cursorType: 'String',
  decodeGlobalID: parseId,
  idFieldOptions: { description: idDescription },
  nodeTypeOptions: { description: 'An object with an id.' },
  nodeQueryOptions: {
    description: 'The object with this id; null if there is no such object.',
    args: { id: { description: 'The `id` of a session, message, run, agent node or grant.' } },
    authScopes: { user: true },
    resolve: async (_root, { id }, context, _info, resolveNode) =>
      (await isOwn(context, id)) ? resolveNode(id) : null,
  },
  nodesQueryOptions: {
    description: 'The objects with these ids, in the same order; null for each id without an object.',
    args: { ids: { description: 'The ids, at most `MAX_PAGE_SIZE` (default: 100).' } },
    authScopes: { user: true },
    async resolve(_root, { ids }, context, _info, resolveNodes) {
      const { maxPageSize } = context;
      if (ids.length > maxPageSize) {
        const message = `ids: expected at most ${maxPageSize}, got ${ids.length}.`;
        throw new GatewayError('BAD_USER_INPUT', message, { field: 'ids' });
      }
      const own = await Promise.all(ids.map((id) => isOwn(context, id)));
      const found = await readRows(context, await sizesOf(context, ids), (places) =>
        resolveNodes(places.flatMap((place) => ids[place] ?? [])),
      );
      return found.map((node, index) => (own[index] ? node : null));
    },
  },
  firstArgOptions: {
    description:
      'How many items to return from the start, or after `after`: at most `MAX_PAGE_SIZE` (default: 100). Default: 20, unless `last` is given.',
  },
  afterArgOptions: { description: 'Return only items after this cursor.' },
  lastArgOptions: {
    description:
      'How many items to return from the end, or before `before`: at most `MAX_PAGE_SIZE` (default: 100). Not together with `first`.',
  },
  beforeArgOptions: { description: 'Return only items before this cursor.' },
  defaultConnectionTypeOptions: { description: 'A page of a list.' },
  defaultEdgeTypeOptions: { description: 'An item of a list, with its cursor.' },
  edgesFieldOptions: { nullable: false, description: 'The items of this page, in the order of the list.' },
  nodesOnConnection: {
    description: 'The items of this page without their cursors, in the order of the list.',
  },
  pageInfoFieldOptions: { description: 'What comes before and after this page.' },
  nodeFieldOptions: { nullable: false, description: 'The item.' },
  cursorFieldOptions: {
    description:
      'The position of the item in the list, for `after` and `before`. It stays valid when the item is deleted.',
  },
  pageInfoTypeOptions: { description: 'What comes before and after a page.' },
  hasNextPageFieldOptions: { description: 'Whether there are items after this page.' },
  hasPreviousPageFieldOptions: { description: 'Whether there are items before this page.' },
  startCursorFieldOptions: { description: 'The cursor of the first item; null if the page is empty.' },
  endCursorFieldOptions: { description: 'The cursor of the last item; null if the page is empty.' },
};

/** The sizes of the objects with these ids. Each counts as a row whose id is its place in the list. */
async function sizesOf(
  context: Context,
  ids: readonly { typename: string; id: string }[],
): Promise<RowSize[]> {
  const messageIds = ids.flatMap(({ typename, id }) => (typename === 'Message' ? Number(id) : []));
  const sizes = await messageSizes(context, messageIds);
  const bytesOf = new Map(sizes.map(({ id, bytes }) => [id, bytes]));
  return ids.map(({ typename, id }, place) => ({
    id: place,
    bytes: (typename === 'Message' && bytesOf.get(Number(id))) || 0,
  }));
}

/** @throws GatewayError BAD_USER_INPUT for an id that this API has not given out. */
function parseId(globalId: string): { typename: string; id: string } {
  const decoded = decodeId(globalId);
  if (decoded !== undefined) return decoded;
  throw new GatewayError(
    'BAD_USER_INPUT',
    `"${shorten(globalId, 64)}" is not an id that this API has given out.`,
  );
}
