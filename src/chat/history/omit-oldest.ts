import type { History } from './history.ts';

/**
 * Leaves the older half of the earlier turns out of the history, with their tool calls and results.
 *
 * @returns Whether there was an earlier turn to leave out.
 */
export function omitOldest(history: History): boolean {
  const count = Math.ceil((history.turns.length - 1) / 2);
  history.turns.splice(0, count);
  for (const tokens of history.turnTokens.splice(0, count)) history.tokens -= tokens;
  history.omittedMessages += 2 * count;
  return count > 0;
}
