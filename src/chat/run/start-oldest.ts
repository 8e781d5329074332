import type { ChangeLog } from '../../changes/change-log.ts';
import type { Run } from '../../generated/prisma/client.ts';
import type { Lease } from '../../lease/lease.ts';
import { isUniqueConflict } from '../../storage/failure/prisma-error.ts';
import type { ChangeOwner } from '../../storage/statements/changes.ts';
import { oldestQueuedRun, startRun } from '../../storage/statements/run-states.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { queuedRunStarted } from './run-changes.ts';

interface Stores {
  statements: Statements;
  changes: Pick<ChangeLog, 'write'>;
  lease: Lease;
}

interface StartedRun {
  run: Run;
  userId: string;
  told: ChangeOwner[];
}

/**
 * Makes the oldest queued run of a session RUNNING, for this gateway to execute.
 *
 * @returns The run, the user of its session, and who is to be told of it. Undefined if none is queued, or another run of
 *   the session is RUNNING.
 */
export async function startOldest(sessionId: number, stores: Stores): Promise<StartedRun | undefined> {
  for (;;) {
    const next = await stores.statements.get(oldestQueuedRun, [sessionId, sessionId]);
    if (next === undefined) return undefined;
    const started = await start(next.id, stores);
    const [run] = started?.runs ?? [];
    if (started && run) return { run, userId: next.userId, told: started.told };
    // An empty list means that the run was started or deleted in the meantime: look for the next one.
    if (started === undefined) return undefined;
  }
}

/** Undefined when another run of the session is RUNNING: the unique index allows one. */
async function start(runId: number, { statements, changes, lease }: Stores) {
  try {
    return await statements.transaction(async (tx) => {
      // The time is read within the transaction, so that it is not before the end of the previous run.
      const runs = await tx.all(startRun, [new Date(), lease.gatewayId, runId]);
      return { runs, told: await changes.write(tx, runs.flatMap(queuedRunStarted)) };
    });
  } catch (error) {
    if (isUniqueConflict(error)) return undefined;
    throw error;
  }
}
