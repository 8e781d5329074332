import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { openFile } from './open-file.ts';
import type { Workspace } from './workspace.ts';

/** Something that lies in a folder. */
export interface WalkedEntry {
  /** Absolute. */
  place: string;
  kind: 'file' | 'folder' | 'link' | 'other';
}

export interface WalkOptions {
  workspace: Workspace;
  /** Where to begin, as `Workspace.locate` says. */
  folder: string;
  /** How many folders deep; 1 is the folder itself. */
  depth: number;
  /** Aborts to end it: then its reason is thrown. */
  stop: AbortSignal;
}

/** A larger `.gitignore` is none. */
const maxIgnoreBytes = 1_048_576;

/** The rules of one `.gitignore`, for paths below its folder. */
interface Rules {
  folder: string;
  rules: Ignore;
}

/**
 * What lies in a folder and the folders below it, each folder's entries in the order of their names and
 * before those of its folders. Leaves out `.git` and what `.gitignore` files leave out, but for the folder that
 * was asked for. Follows no links, and passes over folders that it may not read.
 */
export async function* walk({ workspace, folder, depth, stop }: WalkOptions): AsyncGenerator<WalkedEntry> {
  const waiting = [{ folder, depth, rules: await rulesAbove(folder, workspace.root) }];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    stop.throwIfAborted();
    const rules = [...next.rules, ...(await readRules(next.folder))];
    const found = await readdir(next.folder, { withFileTypes: true }).catch(() => []);
    const below: typeof waiting = [];
    for (const entry of found.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const place = join(next.folder, entry.name);
      if (entry.name === '.git' || isIgnored(place, entry.isDirectory(), rules)) continue;
      yield { place, kind: kindOf(entry) };
      if (entry.isDirectory() && next.depth > 1) below.push({ folder: place, depth: next.depth - 1, rules });
    }
    waiting.unshift(...below);
  }
}

function kindOf(entry: Dirent): WalkedEntry['kind'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  return entry.isSymbolicLink() ? 'link' : 'other';
}

/** Of the folders from the root down to a folder, but for those whose rules leave out the folder itself. */
async function rulesAbove(folder: string, root: string): Promise<Rules[]> {
  const above: string[] = [];
  for (let parent = folder; parent !== root; ) {
    parent = dirname(parent);
    above.unshift(parent);
  }
  const rules = (await Promise.all(above.map(readRules))).flat();
  return rules.filter((rule) => !isIgnored(folder, true, [rule]));
}

async function readRules(folder: string): Promise<Rules[]> {
  const text = await readIgnoreFile(join(folder, '.gitignore')).catch(() => '');
  return text === '' ? [] : [{ folder, rules: ignore().add(text) }];
}

/** As git does, it follows no link. */
async function readIgnoreFile(place: string): Promise<string> {
  await using file = await openFile(place, place);
  return (await file.stat()).size > maxIgnoreBytes ? '' : file.readFile('utf8');
}

/** The innermost file that says something about a place decides. */
function isIgnored(place: string, isFolder: boolean, rules: readonly Rules[]): boolean {
  for (const { folder, rules: file } of rules.toReversed()) {
    const path = relative(folder, place).split(sep).join('/') + (isFolder ? '/' : '');
    const { ignored, unignored } = file.test(path);
    if (ignored || unignored) return ignored;
  }
  return false;
}
