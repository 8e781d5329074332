import type { Context } from '../../context.ts';
import type { Workspace } from '../../generated/prisma/client.ts';
import type { Entry } from '../../sync/entry.ts';
import { nameOf } from '../../sync/path.ts';
import type { Tree } from '../../sync/tree.ts';
import { decodeNameCursor, encodeNameCursor, type NamedPosition } from './cursor.ts';
import { type PageArgs, type PageOf, type Positions, resolveOrderedPage } from './page.ts';

/** The workspace that something is in. */
interface InWorkspace {
  sessionId: number;
  workspaceId: string;
}

/** A file or link. */
export interface FileIn extends InWorkspace {
  entry: Entry;
}

/** What lies directly in a folder. */
export interface ItemIn extends InWorkspace {
  name: string;
  path: string;
  /** Undefined for a folder. */
  entry: Entry | undefined;
}

/** A position before or behind everything is null. */
type Place<Position> = Position | null;

const ends = { start: null, end: null };

const byPath: Positions<FileIn, Place<string>> = {
  ...ends,
  encode: ({ entry }) => encodeNameCursor({ kind: 'path', name: entry.path }),
  decode: (cursor, field) => decodeNameCursor(cursor, field).name,
};

/** A page of the files and links of a workspace, sorted by path. `under` is a folder; all of them if it is empty. */
export async function pageOfFiles(
  context: Context,
  workspace: Workspace,
  { under, ...args }: PageArgs & { under: string },
) {
  const { sessionId, workspaceId } = workspace;
  const { workspaces, maxPageSize: maxSize } = context;
  const load = async ({ after, before, limit, order }: PageOf<Place<string>>) => {
    const fromEnd = order === 'desc';
    const [start, end] = [after ?? undefined, before ?? undefined];
    const entries = await workspaces.files(sessionId, { under, after: start, before: end, limit, fromEnd });
    const files = entries.map((entry) => ({ sessionId, workspaceId, entry }));
    return fromEnd ? files.reverse() : files;
  };
  const page = await resolveOrderedPage({ args, maxSize, order: 'asc', load, positions: byPath });
  const count = async (upTo: number) => {
    if (under === '') return Math.min(upTo, workspace.fileCount);
    const { tree } = await workspaces.tree(sessionId);
    return Math.min(upTo, countUnder(tree, under));
  };
  return { ...page, count };
}

function countUnder(tree: Tree, folder: string): number {
  const { folders, entries } = tree.list(folder);
  return folders.reduce((count, name) => count + countUnder(tree, `${folder}/${name}`), entries.length);
}

const byKindAndName: Positions<ItemIn, Place<NamedPosition>> = {
  ...ends,
  encode: (item) => encodeNameCursor(placeOf(item)),
  decode: decodeNameCursor,
};

/** A page of what lies directly in a folder: its folders, then its files and links. */
export async function pageOfFolder(
  context: Context,
  { sessionId, workspaceId }: Workspace,
  { folder, ...args }: PageArgs & { folder: string },
) {
  const place = { sessionId, workspaceId };
  const { tree } = await context.workspaces.tree(sessionId);
  const items = itemsOf(place, folder, tree);
  const load = async ({ after, before, limit, order }: PageOf<Place<NamedPosition>>) => {
    const within = (item: ItemIn) =>
      (after === null || compare(placeOf(item), after) > 0) &&
      (before === null || compare(placeOf(item), before) < 0);
    const sign = order === 'asc' ? 1 : -1;
    const found = items.filter(within).sort((a, b) => sign * compare(placeOf(a), placeOf(b)));
    found.length = Math.min(found.length, limit);
    return found;
  };
  const { maxPageSize: maxSize } = context;
  const page = await resolveOrderedPage({ args, maxSize, order: 'asc', load, positions: byKindAndName });
  return { ...page, count: async (upTo: number) => Math.min(upTo, items.length) };
}

function itemsOf(place: InWorkspace, folder: string, tree: Tree): ItemIn[] {
  const { folders, entries } = tree.list(folder);
  const start = folder === '' ? '' : `${folder}/`;
  return [
    ...folders.map((name) => ({ ...place, name, path: start + name, entry: undefined })),
    ...entries.map((entry) => ({ ...place, name: nameOf(entry.path), path: entry.path, entry })),
  ];
}

function placeOf({ name, entry }: ItemIn): NamedPosition {
  return { kind: entry ? 'file' : 'folder', name };
}

/** Folders come first, and then names are sorted by UTF-16. */
function compare(a: NamedPosition, b: NamedPosition): number {
  if (a.kind !== b.kind) return a.kind === 'folder' ? -1 : 1;
  return a.name < b.name ? -1 : Number(a.name > b.name);
}
