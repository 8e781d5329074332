import type { Quotas } from '../../limits/quotas.ts';
import type { Database } from '../../storage/database.ts';
import { isCleared } from '../../storage/hidden-rows.ts';
import { addStoredBytes, textBytes } from '../../storage/stored-bytes.ts';
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
  { database, quotas }: { database: Database; quotas: Pick<Quotas, 'add'> },
  { dispatchId, agentNodeId, ...report }: LateReport,
  maxBytes: number,
): Promise<void> {
  const outcome = reportedOutcome(report, true);
  const { status, errorCode = null, exitCode = null, stopped = null } = outcome;
  const result = boundText(outcome.result, maxBytes);
  const grown = await database.$transaction(async (tx) => {
    const call = await tx.toolCall.findFirst({
      where: { dispatchId, agentNodeId, status: 'CANCELLED', OR: [{ stopped: null }, { stopped: false }] },
      select: { id: true, result: true, message: { select: { id: true, status: true, session: true } } },
    });
    if (call === null || isCleared(call.message)) return undefined;
    const { id, message } = call;
    await tx.toolCall.update({ where: { id }, data: { status, result, errorCode, exitCode, stopped } });
    // The tool calls of an answer are counted when the answer ends.
    if (message.status === 'STREAMING') return undefined;
    const bytes = textBytes(result) - textBytes(call.result);
    await addStoredBytes(tx, message.session.id, bytes);
    return { userId: message.session.userId, bytes };
  });
  if (grown) quotas.add(grown.userId, grown.bytes);
}
