import type { Bus } from '../../bus/bus.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import { GatewayError } from '../../errors.ts';
import type { Run, ToolCall } from '../../generated/prisma/client.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { toolCallById } from '../../storage/statements/tool-calls.ts';
import type { Decision } from '../log/run-event.ts';
import { approvalTopic } from './approvals.ts';
import { storeDecision } from './store-decision.ts';
import { expired, type Verdict } from './verdict.ts';

export interface DecideCallOptions {
  statements: Statements;
  changes: ChangeLog;
  bus: Bus;
  run: Run;
  callId: string;
  verdict: Verdict;
}

/** The error text for another decision after each earlier decision. */
const conflicts: Record<Decision, string> = {
  APPROVED: 'This tool call is already approved; to stop it, cancel the run.',
  DENIED: 'This tool call is already denied.',
  EXPIRED: 'No decision came in time, so this tool call was denied.',
};

/**
 * Stores the decision about a tool call that waits for one, and rings for the gateway that runs it. Of several decisions
 * the first counts. A client may repeat its decision when it missed the response.
 *
 * @returns The call after the decision.
 * @throws GatewayError NOT_FOUND; CONFLICT when the call does not wait, or another decision was made.
 */
export async function decideCall(options: DecideCallOptions): Promise<ToolCall> {
  const { bus, run, verdict } = options;
  let call = await findCall(options);
  if (call.status === 'AWAITING_APPROVAL') {
    const { id: rowId, messageId, callId, expiresAt } = call;
    const isLate = expiresAt !== null && expiresAt.getTime() <= Date.now();
    const asked = { rowId, sessionId: run.sessionId, runId: run.id, messageId, callId };
    await storeDecision(asked, isLate ? expired : verdict, options);
    bus.ring(approvalTopic(run.id));
    call = await findCall(options);
  }
  if (call.decision === verdict.decision) return call;
  throw new GatewayError('CONFLICT', call.decision ? conflicts[call.decision] : whyNotAwaited(call));
}

function whyNotAwaited({ status }: ToolCall): string {
  if (status === 'CANCELLED') return 'The run was cancelled, so this tool call needs no decision.';
  if (status === 'RUNNING') return 'This tool call is running and needs no approval.';
  return 'This tool call has ended and needs no decision.';
}

async function findCall({ statements, run, callId }: DecideCallOptions): Promise<ToolCall> {
  const call = await statements.get(toolCallById, [run.assistantMessageId ?? 0, callId]);
  if (call === undefined) throw new GatewayError('NOT_FOUND', `Run ${run.id} has no tool call "${callId}".`);
  return call;
}
