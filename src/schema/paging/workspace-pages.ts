import type { Context } from '../../context.ts';
import type { Workspace } from '../../generated/prisma/client.ts';
import type { Entry } from '../../sync/entry.ts';
import type { Tree } from '../../sync/tree.ts';
import { decodeNameCursor, encodeNameCursor } from './cursor.ts';
import { type PageArgs, type PageOf, type Positions, resolveOrderedPage } from './page.ts';

/** The workspace that something is in. */
export interface InWorkspace {
  sessionId: number;
  workspaceId: string;
}

/** A file or link. */
export interface FileIn extends InWorkspace {
  entry: Entry;
}

/** A position before or behind everything is null. */
export type Place<Position> = Position | null;

export const ends = { start: null, end: null };

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
