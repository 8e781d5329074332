import type { Bus } from '../../bus/bus.ts';
import type { Actor, Deed } from '../../changes/audit.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import { GatewayError } from '../../errors.ts';
import type { Run, ToolCall } from '../../generated/prisma/client.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import type { ToolRunner } from '../../tools/tool-runner.ts';
import type { Decision } from '../log/run-event.ts';
import { approvalTopic } from './approvals.ts';
import { planChangedArgs, readChangedArgs } from './change-args.ts';
import { findCall } from './find-call.ts';
import { canonicalJson } from './grants/args-hash.ts';
import { isRemembered, type Remember } from './grants/give-grants.ts';
import { readPermissions } from './grants/permissions.ts';
import { storeDecision } from './store-decision.ts';
import { expired } from './verdict.ts';

/** What a client decides about a tool call. */
export type ClientDecision = {
  /** The `userId` of the user who decides. */
  decidedBy: string;
  /** The same user, for the audit log. */
  actor?: Actor | undefined;
} & (
  | { decision: 'DENIED' /** May be empty. */; reason: string }
  | {
      decision: 'APPROVED';
      /** The arguments with which the call is to run. Undefined: those of the model. */
      args: unknown;
      remember: Remember;
    }
);

export interface DecideCallOptions {
  statements: Statements;
  changes: ChangeLog;
  bus: Bus;
  tools: ToolRunner;
  run: Run;
  callId: string;
  decided: ClientDecision;
  /** Aborts when the client does not wait any more. */
  signal: AbortSignal;
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
 * @throws GatewayError NOT_FOUND; CONFLICT when the call does not wait, or another decision was made; as
 *   `planChangedArgs` and `giveGrants` do.
 */
export async function decideCall(options: DecideCallOptions): Promise<ToolCall> {
  const { bus, run, decided } = options;
  let call = await findCall(options);
  const args =
    decided.decision === 'APPROVED' && decided.args !== undefined && readChangedArgs(decided.args, call);
  const changed = args || null;
  if (call.status === 'AWAITING_APPROVAL') {
    await decideWaiting(call, changed, options);
    bus.ring(approvalTopic(run.id));
    call = await findCall(options);
  }
  if (call.decision !== decided.decision)
    throw new GatewayError('CONFLICT', call.decision ? conflicts[call.decision] : whyNotAwaited(call));
  if (decided.decision === 'APPROVED')
    await checkApproval(call, { changed, remember: decided.remember }, options);
  return call;
}

async function decideWaiting(
  call: ToolCall,
  changed: object | null,
  options: DecideCallOptions,
): Promise<void> {
  const { run, decided } = options;
  const { id: rowId, messageId, callId, expiresAt, name } = call;
  const asked = { rowId, sessionId: run.sessionId, runId: run.id, messageId, callId };
  const { decision, decidedBy, actor } = decided;
  const noted = (detail = '') => actor && { actor, deed: deedOf(call, run, decided, detail) };
  if (expiresAt !== null && expiresAt.getTime() <= Date.now()) {
    await storeDecision(asked, expired, options);
    return;
  }
  if (decision === 'DENIED') {
    const verdict = { decision, reason: decided.reason, decidedBy, byGrant: false, changedArgs: null };
    await storeDecision(asked, verdict, options, { noted: noted() });
    return;
  }
  const { remember } = decided;
  const planned = changed ? await planChangedArgs(changed, call, options) : undefined;
  const { agentNodeId } = planned ?? call;
  const granted = { name, args: changed ?? call.args, agentNodeId };
  const verdict = { decision, reason: '', decidedBy, byGrant: false, changedArgs: changed };
  await storeDecision(asked, verdict, options, {
    noted: noted((changed ? ', with other arguments' : '') + (remember === 'ONCE' ? '' : ', remembered')),
    changedNode: planned,
    grant: remember === 'ONCE' ? undefined : { remember, grantedBy: decidedBy, ...granted },
  });
}

/** `ownerId` is filled in where the session is read. */
function deedOf(
  { name, callId }: ToolCall,
  { id, sessionId }: Run,
  { decision }: ClientDecision,
  detail: string,
): Omit<Deed, 'ownerId'> {
  return {
    action: decision === 'APPROVED' ? 'TOOL_CALL_APPROVED' : 'TOOL_CALL_DENIED',
    subject: `Run:${id}`,
    detail: `${name} (${callId}) in Session:${sessionId}${detail}`,
  };
}

/** Refuses an approval after another one that approved something else, or that is not remembered. */
async function checkApproval(
  call: ToolCall,
  { changed, remember }: { changed: object | null; remember: Remember },
  { statements, run }: DecideCallOptions,
): Promise<void> {
  if (canonicalJson(call.changedArgs) !== canonicalJson(changed))
    throw new GatewayError('CONFLICT', 'This tool call is already approved with other arguments.');
  if (remember === 'ONCE') return;
  const { grants } = await readPermissions(statements, run.sessionId);
  const granted = { name: call.name, args: changed ?? call.args, agentNodeId: call.agentNodeId };
  if (isRemembered(granted, remember, grants)) return;
  throw new GatewayError('CONFLICT', 'This tool call is approved, but no grant of the session remembers it.');
}

function whyNotAwaited({ status }: ToolCall): string {
  if (status === 'CANCELLED') return 'The run was cancelled, so this tool call needs no decision.';
  if (status === 'RUNNING') return 'This tool call is running and needs no approval.';
  if (status === 'AWAITING_CLIENT') return 'This tool call needs no approval: it waits for an answer.';
  return 'This tool call has ended and needs no decision.';
}
