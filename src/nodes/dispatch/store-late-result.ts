import type { Database } from '../../storage/database.ts';
import { boundText } from './bounded-text.ts';
import { type DispatchReport, reportedOutcome } from './dispatch-outcome.ts';

interface LateReport extends DispatchReport {
  dispatchId: string;
  /** The node that sends the report. */
  agentNodeId: number;
}

/**
 * Stores a report that comes after its dispatch has ended. It changes a tool call only if that was cancelled and
 * its node had not confirmed that it stopped, because the gateway was restarted or the node was silent.
 *
 * @param maxBytes A longer result is cut to this many bytes of UTF-8.
 */
export async function storeLateResult(
  database: Database,
  { dispatchId, agentNodeId, ...report }: LateReport,
  maxBytes: number,
): Promise<void> {
  const { status, result, errorCode = null, exitCode = null, stopped = null } = reportedOutcome(report, true);
  await database.toolCall.updateMany({
    where: { dispatchId, agentNodeId, status: 'CANCELLED', OR: [{ stopped: null }, { stopped: false }] },
    data: { status, result: boundText(result, maxBytes), errorCode, exitCode, stopped },
  });
}
