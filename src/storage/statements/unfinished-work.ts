import { plainStatement } from './row-decoder.ts';
import type { Statements } from './statement.ts';

const unfinished = plainStatement<{ isAny: number | boolean }>(`
  SELECT EXISTS (SELECT 1 FROM "Run" WHERE "status" IN ('RUNNING', 'QUEUED'))
    OR EXISTS (SELECT 1 FROM "Session" WHERE "clearedThroughId" > 0)
    OR EXISTS (SELECT 1 FROM "RemovedMessages") AS "isAny"`);

/**
 * Whether an earlier gateway has left runs that are not finished, or rows that it hid and has not deleted. Mostly it has
 * not, and then a start does without Prisma, whose query compiler takes a sixth of the start and 30 MB.
 */
export async function hasUnfinishedWork(statements: Statements): Promise<boolean> {
  return Boolean((await statements.get(unfinished, []))?.isAny);
}
