import type { ContextSummary } from '../../generated/prisma/client.ts';
import type { Exchange, NewestExchanges } from '../history/history.ts';

/** Longest summary, in tokens, and the shortest that is worth a request. */
const [longestSummary, shortestSummary] = [2_000, 100];
/** The part of the context that a summary takes at most. */
export const partOfSummary = 1 / 8;
/** The part of the context that the newest turns may fill behind a new summary, so that the next is not due at once. */
export const partOfTurns = 1 / 2;
/** Tokens of the instructions of a summary, and of what it is told with. */
export const [instructionTokens, frameTokens] = [600, 160];

/** The most tokens of a summary; 0 where the context is too small for one. */
export function boundOf(budget: number): number {
  const bound = Math.min(longestSummary, Math.floor(budget * partOfSummary));
  return bound < shortestSummary ? 0 : bound;
}

export function tokensOf(exchanges: readonly Exchange[]): number {
  return exchanges.reduce((sum, { tokens }) => sum + tokens, 0);
}

interface Walked {
  /** The exchanges behind the earlier summary, newest first. */
  behind: Exchange[];
  /** The newest summary that the branch has. */
  earlier: ContextSummary | undefined;
  /** Whether there is nothing between them and the earlier summary, or the beginning of the branch. */
  isAll: boolean;
}

/**
 * Walks up a branch to its newest summary, or as far as a request for a new one can hold.
 *
 * @param known Summaries of all branches, by the message with which each ends.
 */
export async function walk(
  { exchanges, older, budget }: NewestExchanges,
  known: ReadonlyMap<number, ContextSummary>,
): Promise<Walked> {
  const behind: Exchange[] = [];
  let total = 0;
  for (let index = 0; total <= 2 * budget; index += 1) {
    const exchange = exchanges[index] ?? (await older());
    if (exchange === undefined) return { behind, earlier: undefined, isAll: true };
    const earlier = index > 0 ? known.get(exchange.lastId) : undefined;
    if (earlier) return { behind, earlier, isAll: true };
    behind.push(exchange);
    total += exchange.tokens;
  }
  return { behind, earlier: undefined, isAll: false };
}

interface Divided {
  /** The newest exchanges, which stay as they are. Newest first, like the others. */
  kept: Exchange[];
  /** Those that are to be summed up. */
  material: Exchange[];
  /** Whether older ones are neither in the material nor in the earlier summary. */
  isCut: boolean;
}

/**
 * Divides exchanges into those that stay and those that are to be summed up. Each is whole in one of them.
 *
 * @param limits Tokens that each may have at most; `wanted`: that those which stay should have.
 */
export function divide(
  behind: readonly Exchange[],
  {
    kept: mostKept,
    material: mostMaterial,
    wanted,
    isAll,
  }: { kept: number; material: number; wanted: number; isAll: boolean },
): Divided {
  const nothing = { kept: [...behind], material: [], isCut: false };
  const first = Math.max(1, countWithin(behind, wanted));
  if (tokensOf(behind.slice(0, first)) > mostKept) return nothing;
  const rest = behind.slice(first);
  if (isAll) {
    // The oldest ones, if not all can be summed up at once: the others follow with the next summary.
    const count = countWithin(rest.toReversed(), mostMaterial);
    const kept = behind.slice(0, behind.length - count);
    if (count > 0 && tokensOf(kept) <= mostKept) {
      return { kept, material: behind.slice(kept.length), isCut: false };
    }
  }
  const count = countWithin(rest, mostMaterial);
  return count === 0
    ? nothing
    : { kept: behind.slice(0, first), material: rest.slice(0, count), isCut: true };
}

/** How many of the first exchanges have so many tokens together at most. */
function countWithin(exchanges: readonly Exchange[], most: number): number {
  let total = 0;
  const index = exchanges.findIndex(({ tokens }) => {
    total += tokens;
    return total > most;
  });
  return index === -1 ? exchanges.length : index;
}
