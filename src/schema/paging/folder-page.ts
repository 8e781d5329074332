import type { Context } from '../../context.ts';
import type { Workspace } from '../../generated/prisma/client.ts';
import type { Entry } from '../../sync/entry.ts';
import { nameOf } from '../../sync/path.ts';
import { decodeNameCursor, encodeNameCursor, type NamedPosition } from './cursor.ts';
import { type PageArgs, type PageOf, type Positions, resolveOrderedPage } from './page.ts';
import { ends, type InWorkspace, type Place } from './workspace-pages.ts';

/** What lies directly in a folder. */
export interface ItemIn extends InWorkspace {
  name: string;
  path: string;
  /** Undefined for a folder. */
  entry: Entry | undefined;
}

type Item = Pick<ItemIn, 'path' | 'entry'>;
/** Compares in the wanted order. */
type Compare = (a: Item, b: Item) => number;

const byKindAndPath: Positions<ItemIn, Place<NamedPosition>> = {
  ...ends,
  encode: ({ path, entry }) => encodeNameCursor({ kind: entry ? 'file' : 'folder', name: path }),
  decode: decodeNameCursor,
};

/** A page of what lies directly in a folder: its folders, then its files and links, each sorted by name. */
export async function pageOfFolder(
  context: Context,
  { sessionId, workspaceId }: Workspace,
  { folder, ...args }: PageArgs & { folder: string },
) {
  const { tree } = await context.workspaces.tree(sessionId);
  const { folders, entries } = tree.list(folder);
  const start = folder === '' ? '' : `${folder}/`;
  const load = async ({ after, before, limit, order }: PageOf<Place<NamedPosition>>): Promise<ItemIn[]> => {
    const isIn = (item: Item) =>
      (after === null || compare(item, after) > 0) && (before === null || compare(item, before) < 0);
    const inOrder: Compare = (a, b) => (order === 'asc' ? comparePaths(a, b) : comparePaths(b, a));
    const first = (items: readonly Item[], most: number) => firstOf(items, { isIn, inOrder, most });
    const folderItems = folders.map((name) => ({ path: start + name, entry: undefined }));
    const fileItems = entries.map((entry) => ({ path: entry.path, entry }));
    const kinds = order === 'asc' ? [folderItems, fileItems] : [fileItems, folderItems];
    const found: Item[] = [];
    for (const items of kinds) found.push(...first(items, limit - found.length));
    return found.map((item) => ({ sessionId, workspaceId, name: nameOf(item.path), ...item }));
  };
  const { maxPageSize: maxSize } = context;
  const page = await resolveOrderedPage({ args, maxSize, order: 'asc', load, positions: byKindAndPath });
  return { ...page, count: async (upTo: number) => Math.min(upTo, folders.length + entries.length) };
}

/** Folders come first. */
function compare({ path, entry }: Item, { kind, name }: NamedPosition): number {
  const isFolder = kind === 'folder';
  if (isFolder !== (entry === undefined)) return isFolder ? 1 : -1;
  return path < name ? -1 : Number(path > name);
}

/** By UTF-16. */
function comparePaths(a: Item, b: Item): number {
  return a.path < b.path ? -1 : Number(a.path > b.path);
}

interface FirstOptions {
  isIn(item: Item): boolean;
  inOrder: Compare;
  most: number;
}

/** The first of these items in an order. A folder may have very many, and sorting all of them would take long. */
function firstOf(items: readonly Item[], { isIn, inOrder, most }: FirstOptions): Item[] {
  const found: Item[] = [];
  for (const item of items) {
    const last = found[most - 1];
    if (most === 0 || !isIn(item) || (last && inOrder(item, last) >= 0)) continue;
    let at = found.length;
    while (at > 0 && inOrder(item, found[at - 1] as Item) < 0) at -= 1;
    found.splice(at, 0, item);
    found.length = Math.min(found.length, most);
  }
  return found;
}
