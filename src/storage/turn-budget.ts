import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Limits how long statements may hold the event loop. SQLite and Prisma work synchronously, and promises alone give no
 * other work a turn, so a long chain of statements would stop every other request.
 *
 * @param budgetMs Milliseconds of one turn of the event loop after which the next statement waits for the next turn.
 * @returns A function to await before each statement. It returns undefined, at no cost, while the budget lasts.
 */
export function createTurnBudget(budgetMs: number): () => Promise<void> | undefined {
  // Counts from the first statement of the turn, because Prisma's own work between statements takes the most time.
  let startedAt: number | undefined;
  return () => {
    const now = performance.now();
    if (startedAt === undefined) {
      startedAt = now;
      setImmediate(() => {
        startedAt = undefined;
      });
      return undefined;
    }
    return now - startedAt < budgetMs ? undefined : nextTurn();
  };
}
