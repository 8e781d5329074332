import type { z } from 'zod';
import {
  listFilesArguments,
  readFileArguments,
  searchFilesArguments,
} from '../../sync/file-tools/arguments.ts';
import type { ReadingTool } from '../../sync/file-tools/reading-tools.ts';
import { maxFileBytes } from '../../sync/file-tools/search.ts';
import type { Tree } from '../../sync/tree.ts';
import { type ChosenEntries, chooseEntries, chooseFile } from './choose-entries.ts';

/** The file or folder that a call names, relative to the top, and what of the workspace its answer needs. */
export interface Question {
  target: string;
  chosen: ChosenEntries;
}

/** The tree of a workspace, and whether tools of the node show nothing that is not in it. */
export interface Known {
  tree: Tree;
  isSame: boolean;
}

/** @returns Undefined for a call that is left to the node: its path is no plain path of the tree, or it needs too much. */
export function questionOf(tool: ReadingTool, args: object, known: Known): Question | undefined {
  switch (tool) {
    case 'read_file':
      return ask(readFileArguments, args, ({ path }) => ofFile(path, known));
    case 'list_files':
      return ask(listFilesArguments, args, ({ path, depth }) =>
        // Of the files, only those with rules are read.
        ofFolder(path, { depth, maxReadBytes: -1 }, known),
      );
    case 'search_files':
      return ask(searchFilesArguments, args, ({ path }) => {
        const all = { depth: Number.POSITIVE_INFINITY, maxReadBytes: maxFileBytes };
        return ofFile(path, known) ?? ofFolder(path, all, known);
      });
  }
}

function ask<Args>(
  schema: z.ZodType<Args>,
  args: object,
  choose: (args: Args) => Question | undefined,
): Question | undefined {
  const { data } = schema.safeParse(args);
  return data && choose(data);
}

function ofFile(path: string, { tree }: Known): Question | undefined {
  const target = plainPath(path);
  const file = target === undefined ? undefined : tree.get(target);
  const chosen = file?.kind === 'file' ? chooseFile(file) : undefined;
  return target !== undefined && chosen ? { target, chosen } : undefined;
}

function ofFolder(
  path: string,
  needs: { depth: number; maxReadBytes: number },
  { tree, isSame }: Known,
): Question | undefined {
  const target = plainPath(path);
  if (!isSame || target === undefined || !(target === '' || tree.hasFolder(target))) return undefined;
  const chosen = chooseEntries(tree, { folder: target, ...needs });
  return chosen && { target, chosen };
}

/** Undefined for a path that only the node can resolve. */
function plainPath(path: string): string | undefined {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  const isPlain = !path.startsWith('/') && path.length <= 4_096 && !names.includes('..');
  return isPlain ? names.join('/') : undefined;
}
