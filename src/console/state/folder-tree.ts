import { type ReadonlySignal, signal } from '@preact/signals';
import { FolderEntriesDocument, type FolderEntriesQuery } from '../../gql/console/graphql.ts';
import type { Ask } from '../gateway/ask.ts';
import { wordsOf } from '../gateway/words-of.ts';

type Page = NonNullable<NonNullable<FolderEntriesQuery['session']>['workspace']>['entries'];

/** A folder or a file, as something in a folder. */
export type TreeItem = Page['edges'][number]['node'];

/** A folder that is open, with as much of it as was loaded. */
export interface OpenFolder {
  readonly items: readonly TreeItem[];
  /** Undefined when all of it is loaded. */
  readonly endCursor: string | undefined;
  readonly isLoading: boolean;
  readonly problem: string | undefined;
}

/** The files of a workspace, folder by folder, as the user opens them. */
export interface FolderTree {
  /** By path; the empty path is the top, which is always open. */
  readonly folders: ReadonlySignal<ReadonlyMap<string, OpenFolder>>;
  open(path: string): void;
  close(path: string): void;
  /** Loads the next page of a folder. */
  more(path: string): void;
  /** Loads everything again that is open, because something may have changed. */
  refresh(): void;
}

/** Items that are loaded at once. */
const pageSize = 100;
const unread: OpenFolder = { items: [], endCursor: undefined, isLoading: true, problem: undefined };

/** @param stop Ends all loading when it aborts. */
export function createFolderTree(ask: Ask, sessionId: string, stop: AbortSignal): FolderTree {
  const folders = signal<ReadonlyMap<string, OpenFolder>>(new Map([['', unread]]));
  let isRefreshing = false;
  let isStale = false;

  const put = (path: string, changed: Partial<OpenFolder>) => {
    const before = folders.value.get(path);
    // A folder that was closed meanwhile stays closed.
    if (before === undefined || stop.aborted) return;
    folders.value = new Map(folders.value).set(path, { ...before, ...changed });
  };
  const readPage = async (folder: string, after: string | undefined) => {
    const variables = { sessionId, folder: folder || null, first: pageSize, after: after ?? null };
    const { session } = await ask(FolderEntriesDocument, variables);
    const page = session?.workspace?.entries;
    const items = page?.edges.map(({ node }) => node) ?? [];
    return { items, endCursor: (page?.pageInfo.hasNextPage && page.pageInfo.endCursor) || undefined };
  };
  /** Reads from the beginning, at least as much as there was. */
  const read = async (path: string, count: number) => {
    try {
      let { items, endCursor } = await readPage(path, undefined);
      while (items.length < count && endCursor !== undefined && !stop.aborted) {
        const next = await readPage(path, endCursor);
        items = [...items, ...next.items];
        endCursor = next.endCursor;
      }
      put(path, { items, endCursor, isLoading: false, problem: undefined });
    } catch (error) {
      put(path, { isLoading: false, problem: wordsOf(error) });
    }
  };
  const more = async (path: string) => {
    const folder = folders.value.get(path);
    if (folder?.endCursor === undefined || folder.isLoading) return;
    put(path, { isLoading: true });
    try {
      const { items, endCursor } = await readPage(path, folder.endCursor);
      put(path, { items: [...folder.items, ...items], endCursor, isLoading: false, problem: undefined });
    } catch (error) {
      put(path, { isLoading: false, problem: wordsOf(error) });
    }
  };
  const refresh = async () => {
    isStale = true;
    if (isRefreshing) return;
    isRefreshing = true;
    while (isStale && !stop.aborted) {
      isStale = false;
      for (const [path, { items }] of folders.value) await read(path, items.length);
    }
    isRefreshing = false;
  };
  return {
    folders,
    open(path) {
      if (folders.value.has(path)) return;
      folders.value = new Map(folders.value).set(path, unread);
      void read(path, 0);
    },
    close(path) {
      const isBelow = (each: string) => each === path || each.startsWith(`${path}/`);
      folders.value = new Map([...folders.value].filter(([each]) => !isBelow(each)));
    },
    more: (path) => void more(path),
    refresh: () => void refresh(),
  };
}
