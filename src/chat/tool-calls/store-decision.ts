import { type Actor, type Deed, noteDeed } from '../../changes/audit.ts';
import type { NewChange } from '../../changes/change.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import { sessionById } from '../../storage/statements/sessions.ts';
import type { Statements, Writer } from '../../storage/statements/statement.ts';
import { changeToolCall, decideToolCall, waitingToolCalls } from '../../storage/statements/tool-calls.ts';
import type { Decision } from '../log/run-event.ts';
import { giveGrants } from './grants/give-grants.ts';
import { type Grant, type GrantedCall, grantFor } from './grants/permissions.ts';
import { decisionColumns, type Verdict, verdictOfGrant } from './verdict.ts';

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

/** What a decision stores besides itself. */
export interface ApprovalEffects {
  /** For the audit log. Undefined: nobody has decided, or a grant has. */
  noted?: { actor: Actor; deed: Omit<Deed, 'ownerId'> } | undefined;
  /** The node on which the call runs with its changed arguments. Undefined: nobody changed them. */
  changedNode?: { nodeId: string | null; agentNodeId: number | null } | undefined;
  /** Set if the approval holds for later calls too. */
  grant?: ({ remember: 'EXACT' | 'TOOL'; grantedBy: string } & GrantedCall) | undefined;
}

/**
 * Stores the decision about a call, unless it does not wait for one any more, and tells the followers of the session. An
 * approval that is remembered also approves the other calls of the answer that it covers.
 *
 * @throws GatewayError as `giveGrants` does. Then nothing is stored.
 */
export async function storeDecision(
  call: AskedCall,
  verdict: Verdict,
  { statements, changes }: DecisionStores,
  { noted, changedNode, grant }: ApprovalEffects = {},
): Promise<void> {
  const { sessionId } = call;
  const told = await statements.transaction(async (tx) => {
    if (grant) await tx.lockSession(sessionId);
    const changed = await tx.run(decideToolCall, [...decisionColumns(verdict), call.rowId]);
    if (changed === 0) return [];
    if (noted) {
      const session = await tx.get(sessionById, [sessionId]);
      await noteDeed(tx, noted.actor, { ...noted.deed, ownerId: session?.userId ?? noted.actor.userId });
    }
    if (changedNode) {
      const { nodeId, agentNodeId } = changedNode;
      await tx.run(changeToolCall, [JSON.stringify(verdict.changedArgs), nodeId, agentNodeId, call.rowId]);
    }
    const made = [approvalDecided(call, verdict.decision)];
    if (grant) {
      const grants = await giveGrants(tx, sessionId, grant, grant);
      made.push(...(await approveCovered(tx, call, grant.name, grants)));
      made.push({ kind: 'SessionUpdated', sessionId });
    }
    return changes.write(tx, made);
  });
  changes.ring(told);
}

/** Approves the other calls of the answer to this tool that wait and that a grant covers now. */
async function approveCovered(
  tx: Writer,
  decided: AskedCall,
  name: string,
  grants: readonly Grant[],
): Promise<NewChange[]> {
  const made: NewChange[] = [];
  for (const { id: rowId, callId, args, agentNodeId } of await tx.all(waitingToolCalls, [
    decided.messageId,
    name,
  ])) {
    const grant = grantFor({ name, args, agentNodeId }, grants);
    if (!grant) continue;
    await tx.run(decideToolCall, [...decisionColumns(verdictOfGrant(grant)), rowId]);
    made.push(approvalDecided({ ...decided, rowId, callId }, 'APPROVED'));
  }
  return made;
}

/** @param decision Null: the call needs no decision any more. */
export function approvalDecided(call: AskedCall, decision: Decision | null): NewChange {
  const { sessionId, runId, messageId, callId } = call;
  return { kind: 'ApprovalDecided', sessionId, runId, messageId, callId, decision };
}
