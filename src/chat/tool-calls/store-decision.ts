import type { NewChange } from '../../changes/change.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { decideToolCall } from '../../storage/statements/tool-calls.ts';
import type { Decision } from '../log/run-event.ts';
import { decisionColumns, type Verdict } from './verdict.ts';

/** A tool call that somebody was asked about. */
export interface AskedCall {
  /** The `id` of its row. */
  rowId: number;
  sessionId: number;
  runId: number;
  /** The answer that the call belongs to. */
  messageId: number;
  callId: string;
}

export interface DecisionStores {
  statements: Statements;
  changes: ChangeLog;
}

/** Stores the decision about a call, unless it does not wait for one any more, and tells the followers of the session. */
export async function storeDecision(
  call: AskedCall,
  verdict: Verdict,
  { statements, changes }: DecisionStores,
): Promise<void> {
  const told = await statements.transaction(async (tx) => {
    const changed = await tx.run(decideToolCall, [...decisionColumns(verdict), call.rowId]);
    return changes.write(tx, changed === 0 ? [] : [approvalDecided(call, verdict.decision)]);
  });
  changes.ring(told);
}

/** @param decision Null: the call needs no decision any more. */
export function approvalDecided(call: AskedCall, decision: Decision | null): NewChange {
  const { sessionId, runId, messageId, callId } = call;
  return { kind: 'ApprovalDecided', sessionId, runId, messageId, callId, decision };
}
