import { GatewayError } from '../../errors.ts';
import type { Run, ToolCall } from '../../generated/prisma/client.ts';
import type { Reader } from '../../storage/statements/statement.ts';
import { toolCallById } from '../../storage/statements/tool-calls.ts';
import type { Decision } from '../log/run-event.ts';
import { type RunLog, runKey } from '../log/run-writer.ts';
import type { Approvals, Verdict } from './approvals.ts';

/** Entries read from the log at once. */
const pageSize = 256;

export interface DecideCallOptions {
  statements: Reader;
  runLog: RunLog;
  approvals: Approvals;
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
 * Approves or denies a tool call and waits until the decision is stored.
 *
 * @throws GatewayError NOT_FOUND, CONFLICT.
 */
export async function decideCall(options: DecideCallOptions): Promise<ToolCall> {
  const { approvals, run, callId, verdict } = options;
  await findCall(options);
  // After the run's end only its log knows the verdict. A client may repeat a decision when it missed the response.
  const first = (await approvals.decide(run.id, callId, verdict)) ?? (await findVerdict(options));
  const call = await findCall(options);
  if (first?.decision === verdict.decision) return call;
  throw new GatewayError('CONFLICT', first ? conflicts[first.decision] : whyNotAwaited(call));
}

/** Reads the verdict from the run's log. Undefined when the log has no verdict or has expired. */
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
