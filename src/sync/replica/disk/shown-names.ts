import { createIgnoreFilter, type Rules } from '../../../base/ignore-rules.ts';
import { folderOf } from '../../path.ts';
import type { IgnoredNames } from './folder-rules.ts';

/** The file whose rules keep things out of lists and searches. */
const rulesFile = '.gitignore';

/** What the tools that read files (../../file-tools/) show of a replica: they know no rules but those of `.gitignore`. */
export class ShownNames {
  readonly #readRules: IgnoredNames['readRules'];
  readonly #filter = createIgnoreFilter();
  readonly #known = new Map<string, Rules[]>();

  constructor(readRules: IgnoredNames['readRules']) {
    this.#readRules = readRules;
  }

  /**
   * Whether a walk shows one of the things of a folder that are not synced. Rules that are not synced count as shown:
   * nobody else knows them.
   */
  isAnyShown(folder: string, unsynced: readonly { name: string; isFolder: boolean }[]): boolean {
    if (unsynced.length === 0) return false;
    if (unsynced.some(({ name }) => name === rulesFile)) return true;
    const start = folder === '' ? '/' : `/${folder}/`;
    const entries = unsynced.map(({ name, isFolder }) => ({ path: start + name, isFolder }));
    return this.#filter(entries, this.#rulesOf(folder)).length > 0;
  }

  #rulesOf(folder: string): Rules[] {
    const known = this.#known.get(folder);
    if (known !== undefined) return known;
    const above = folder === '' ? [] : this.#rulesOf(folderOf(folder));
    const rules = [...above, ...this.#readRules(folder, [rulesFile])];
    this.#known.set(folder, rules);
    return rules;
  }
}
