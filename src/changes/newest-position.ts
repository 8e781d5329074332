import { type ChangePosition, newestChangeBelow } from '../storage/statements/changes.ts';
import type { Reader } from '../storage/statements/statement.ts';
import { readHorizon } from './open-transactions.ts';

/** The beginning: nothing that the log holds comes before it. */
export const origin: ChangePosition = { transactionId: 0, id: 0, at: 0 };

/** The position of the newest change before which none can appear any more: what happens from now on comes behind it. */
export async function newestPosition(reader: Reader): Promise<ChangePosition> {
  const newest = await reader.get(newestChangeBelow, [Number.MAX_SAFE_INTEGER]);
  if (newest === undefined || newest.isSettled) return newest ?? origin;
  return (await reader.get(newestChangeBelow, [await readHorizon(reader)])) ?? origin;
}
