import { GatewayError } from '../../errors.ts';
import type { Run, ToolCall } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';
import type { Decision } from '../log/run-event.ts';
import { type RunLog, runKey } from '../log/run-writer.ts';
import type { Approvals, Verdict } from './approvals.ts';

/** Entries read from the log at once. */
const pageSize = 256;

export interface DecideCallOptions {
  database: Database;
  runLog: RunLog;
  approvals: Approvals;
  run: Run;
  callId: string;
  verdict: Verdict;
}

/** Why a call that was decided about cannot be decided about otherwise. */
const decided: Record<Decision, string> = {
  APPROVED: 'This tool call has been approved already; to stop it, cancel the run.',
  DENIED: 'This tool call has been denied already.',
  EXPIRED: 'Nobody decided in time: this tool call has been denied.',
};

/**
 * Decides about a tool call and waits until that is stored.
 *
 * @throws GatewayError NOT_FOUND, CONFLICT.
 */
export async function decideCall(options: DecideCallOptions): Promise<ToolCall> {
  const { approvals, run, callId, verdict } = options;
  await findCall(options);
  // The run may be over since, and this a client that has not heard of its decision.
  const counting = (await approvals.decide(run.id, callId, verdict)) ?? (await findVerdict(options));
  const call = await findCall(options);
  if (counting?.decision === verdict.decision) return call;
  throw new GatewayError('CONFLICT', counting ? decided[counting.decision] : undecidable(call));
}

/** The verdict that the log tells of, as long as there is one. */
async function findVerdict({ runLog, run, callId }: DecideCallOptions): Promise<Verdict | undefined> {
  for (let cursor = 0; ; ) {
    const entries = await runLog.read(runKey(run.id), cursor, pageSize);
    const last = entries?.at(-1);
    if (!entries || !last) return undefined;
    for (const entry of entries) {
      if (entry.type === 'ToolApprovalDecided' && entry.callId === callId) return entry;
    }
    cursor = last.seq;
  }
}

function undecidable({ status }: ToolCall): string {
  if (status === 'CANCELLED') return 'The run was cancelled: there is nothing to decide any more.';
  if (status === 'RUNNING') return 'This tool call runs already: nobody was asked about it.';
  return 'This tool call has ended: there is nothing to decide any more.';
}

async function findCall({ database, run, callId }: DecideCallOptions): Promise<ToolCall> {
  const call = await database.toolCall.findFirst({
    where: { messageId: run.assistantMessageId ?? 0, callId },
  });
  if (call === null) throw new GatewayError('NOT_FOUND', `Run ${run.id} has no tool call "${callId}".`);
  return call;
}
