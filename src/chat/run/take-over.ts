import type { Run } from '../../generated/prisma/client.ts';
import type { Lease } from '../../lease/lease.ts';
import { endAllLeases, endOverdueLeases } from '../../storage/statements/gateways.ts';
import { takeOverRuns } from '../../storage/statements/run-owners.ts';
import type { Statements } from '../../storage/statements/statement.ts';

/** Runs that are taken over together. One transaction for each run would make a start with many runs slow. */
const batchSize = 200;

/**
 * Takes over RUNNING runs of gateways that have died or are frozen: those without a lease. A gateway that has its
 * database alone takes over all runs of others. Call it again until nothing is left.
 *
 * @returns The runs, which are still RUNNING and belong to this gateway now, a batch at a time.
 */
export async function takeOver(statements: Statements, lease: Lease): Promise<Run[]> {
  const { gatewayId, isShared } = lease;
  return statements.transaction(async (tx) => {
    await tx.run(isShared ? endOverdueLeases : endAllLeases, []);
    return tx.all(takeOverRuns, [gatewayId, gatewayId, batchSize]);
  });
}
