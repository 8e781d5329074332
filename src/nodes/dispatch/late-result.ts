import type { Database } from '../../storage/database.ts';
import { boundText } from './bounded-text.ts';
import { type DispatchReport, reportedOutcome } from './dispatch-outcome.ts';

export interface LateReport extends DispatchReport {
  dispatchId: string;
  /** The node that reports it. */
  nodeId: string;
}

/**
 * Keeps what became of a tool call that was cancelled without its node's confirmation, because the gateway
 * stopped meanwhile or the node was silent. Of any other call nothing changes.
 */
export async function storeLateResult(
  database: Database,
  { dispatchId, nodeId, ...report }: LateReport,
  maxBytes: number,
): Promise<void> {
  const { status, result, errorCode = null, exitCode = null, stopped = null } = reportedOutcome(report, true);
  await database.toolCall.updateMany({
    where: { dispatchId, nodeId, status: 'CANCELLED', OR: [{ stopped: null }, { stopped: false }] },
    data: { status, result: boundText(result, maxBytes), errorCode, exitCode, stopped },
  });
}
