import { tryAgain } from '../../errors.ts';
import type { Database } from '../../storage/database.ts';

/**
 * The dispatches among these whose tool calls have not ended, by what is stored: a run waits for them, although it has
 * not said so to this gateway yet. It will, when it goes on after a restart, or when it learns where the node is now.
 */
export async function findWaitedFor(
  database: Pick<Database, 'toolCall'>,
  agentNodeId: number,
  dispatchIds: string[],
): Promise<Set<string>> {
  const calls = await database.toolCall.findMany({
    where: { dispatchId: { in: dispatchIds }, agentNodeId, status: 'RUNNING' },
    select: { dispatchId: true },
  });
  return new Set(calls.flatMap(({ dispatchId }) => dispatchId ?? []));
}

/** @throws GatewayError OVERLOADED if a run waits for the dispatch: the agent asks again, until the run has said so. */
export async function refuseWaitedFor(
  database: Pick<Database, 'toolCall'>,
  agentNodeId: number,
  dispatchId: string,
): Promise<void> {
  const waitedFor = await findWaitedFor(database, agentNodeId, [dispatchId]);
  if (!waitedFor.has(dispatchId)) return;
  const message = 'The run of this dispatch does not know yet that the node is connected here; try again.';
  throw tryAgain('OVERLOADED', message, { retryAfter: 1 });
}
