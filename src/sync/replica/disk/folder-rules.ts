import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { createIgnoreFilter, maxIgnoreBytes, parseRules, type Rules } from '../../../base/ignore-rules.ts';
import { folderOf, nameOf } from '../../path.ts';
import type { Folder, Folders } from './folders.ts';

/** What is not synced unless a rule of the replica brings it back, such as `!node_modules/`. */
const ignored = ['node_modules/', '.DS_Store', 'Thumbs.db'];
const ignoredNames = new Set(ignored.map((rule) => rule.replace('/', '')));
/** The files with rules of a folder. A later one has the last word. */
export const ruleFiles: readonly string[] = ['.gitignore', '.switchyardignore'];

const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

interface FolderRules {
  rules: Rules[];
  /** Whether the rules exclude the folder, and with it everything in it that is not synced already. */
  isIgnored: boolean;
}

/** Which new files of a replica are not synced. Reads each file with rules once. */
export class IgnoredNames {
  readonly #folders: Folders;
  readonly #filter = createIgnoreFilter();
  readonly #known = new Map<string, FolderRules>();
  readonly #builtIn = parseRules('/', ignored.join('\n'));

  constructor(folders: Folders) {
    this.#folders = folders;
  }

  /** The names in a folder that no rule excludes. */
  keep<E extends { name: string; isFolder: boolean }>(folder: string, entries: readonly E[]): E[] {
    const { rules, isIgnored } = this.#rulesOf(folder);
    if (isIgnored || entries.length === 0) return [];
    const start = folder === '' ? '/' : `/${folder}/`;
    const paths = entries.map((entry) => ({ path: start + entry.name, isFolder: entry.isFolder, entry }));
    // The rules for these names are matched only where they occur: matching takes longer than everything else.
    const usual = paths.filter(({ entry }) => !ignoredNames.has(entry.name));
    const special = paths.filter(({ entry }) => ignoredNames.has(entry.name));
    const kept = [...this.#filter(usual, rules), ...this.#filter(special, [...this.#builtIn, ...rules])];
    return kept.map(({ entry }) => entry);
  }

  #rulesOf(folder: string): FolderRules {
    const known = this.#known.get(folder);
    if (known !== undefined) return known;
    const found = folder === '' ? this.#rulesOfTop() : this.#rulesBelow(folder);
    this.#known.set(folder, found);
    return found;
  }

  #rulesOfTop(): FolderRules {
    return { rules: this.readRules(''), isIgnored: false };
  }

  #rulesBelow(folder: string): FolderRules {
    const above = this.#rulesOf(folderOf(folder));
    const isIgnored = this.keep(folderOf(folder), [{ name: nameOf(folder), isFolder: true }]).length === 0;
    // As with git, nothing in a folder that is ignored can be brought back.
    if (isIgnored) return { rules: [], isIgnored };
    // Rules that an inner file has overruled for this folder would exclude everything in it.
    const entry = [{ path: `/${folder}`, isFolder: true }];
    const rules = above.rules.filter((each) => this.#filter(entry, [each]).length > 0);
    return { rules: [...rules, ...this.readRules(folder)], isIgnored };
  }

  /** The rules of a folder alone. */
  readRules(path: string, names = ruleFiles): Rules[] {
    const folder = this.#folders.find(path);
    if (folder === undefined) return [];
    // As one text, so that a later rule decides about a folder and about everything in it.
    return parseRules(`/${path}`, names.map((name) => readRuleFile(folder, name)).join('\n'));
  }
}

/** Empty for a file that is not there, is a link, or is too large. */
function readRuleFile(folder: Folder, name: string): string {
  try {
    const fd = openSync(folder.at(name), flags);
    try {
      const stats = fstatSync(fd);
      if (!stats.isFile() || stats.size > maxIgnoreBytes) return '';
      const bytes = Buffer.alloc(stats.size);
      return bytes.subarray(0, readSync(fd, bytes)).toString();
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}
