import ignore, { type Ignore } from 'ignore';
import { createTimeLimit, TimeLimitError } from './time-limit.ts';

/** A larger file with rules is not used at all. */
export const maxIgnoreBytes = 262_144;

/**
 * Limits of the rules, which a model may write. Rules beyond the count and rules that are too long or have too many
 * stars are not used: a rule becomes a regular expression, and each star multiplies the number of ways in which it can
 * match.
 */
const maxRules = 2_000;
const maxRuleLength = 500;
const maxStars = 8;

/** The rules of one file such as `.gitignore`, for paths below its folder. */
export interface Rules {
  /** Where the part of a path begins that is below its folder. */
  readonly start: number;
  /** Undefined after the rules took too long: then they are not used any more. */
  rules: Ignore | undefined;
  /** How long the rules may still take, in milliseconds. It grows with each path. */
  leftMs: number;
}

/** An entry of a folder, as `ignore` needs to know it. */
interface Entry {
  /** Absolute, and below the folders of the rules. */
  path: string;
  isFolder: boolean;
}

/** How long the rules may take for `batchSize` entries, in milliseconds; usual rules take less than one. */
const limitMs = 1_000;
const batchSize = 200;

/** How long the rules of one file may take in a walk, in milliseconds: at its beginning, and more for each path. */
const firstMs = 1_000;
const perPathMs = 1;

/**
 * @param folder Absolute, or `/` for the top of paths that begin with it.
 * @returns An empty list for a text without rules.
 */
export function parseRules(folder: string, text: string): Rules[] {
  const start = folder === '/' ? 1 : folder.length + 1;
  const lines = text.split(/\r?\n/).filter(isUsable).slice(0, maxRules);
  return lines.length === 0 ? [] : [{ start, rules: ignore().add(lines), leftMs: firstMs }];
}

function isUsable(line: string): boolean {
  return line !== '' && line.length <= maxRuleLength && line.split('*').length - 1 <= maxStars;
}

/** Returns the entries that no rule excludes. Rules that take too long are switched off. */
export type IgnoreFilter = <E extends Entry>(entries: readonly E[], rules: readonly Rules[]) => E[];

export function createIgnoreFilter(): IgnoreFilter {
  const limit = createTimeLimit(limitMs);
  /** The rules that are being tested. They are known also after the time limit has ended the test. */
  let current: Rules | undefined;

  const isIgnored = ({ path, isFolder }: Entry, rules: readonly Rules[]): boolean => {
    for (const each of rules.toReversed()) {
      current = each;
      const below = path.slice(each.start) + (isFolder ? '/' : '');
      const startedAt = performance.now();
      const found = each.rules?.test(below);
      each.leftMs += perPathMs - (performance.now() - startedAt);
      if (each.leftMs < 0) each.rules = undefined;
      // The innermost file that has a rule for a path decides.
      if (found?.ignored || found?.unignored) return found.ignored;
    }
    return false;
  };
  function keep<E extends Entry>(batch: readonly E[], rules: readonly Rules[]): E[] {
    try {
      return limit(() => batch.filter((entry) => !isIgnored(entry, rules)));
    } catch (error) {
      if (!(error instanceof TimeLimitError) || current?.rules === undefined) throw error;
      current.rules = undefined;
      return keep(batch, rules);
    }
  }
  return (entries, rules) => {
    const inUse = rules.filter((each) => each.rules !== undefined);
    if (inUse.length === 0) return [...entries];
    const batches = Array.from({ length: Math.ceil(entries.length / batchSize) }, (_, index) =>
      entries.slice(index * batchSize, (index + 1) * batchSize),
    );
    return batches.flatMap((batch) => keep(batch, inUse));
  };
}
