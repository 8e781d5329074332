import type { RefusedCall, ToolPlan } from '../../tools/tool-runner.ts';
import { type Grant, grantFor, type Permissions } from './grants/permissions.ts';
import type { CallToStart } from './plan-call.ts';

/** A planned call, and whether it may run at once. */
export interface PermittedCall extends CallToStart {
  /** Set if the call waits for a decision, or for a client: until when. */
  expiresAt: Date | undefined;
  /** Set if a grant of the session lets it run without asking. */
  grant: Grant | undefined;
}

const denied: RefusedCall = {
  ok: false,
  errorCode: 'DENIED',
  result: 'Tools that change something are not allowed in this session.',
};

/**
 * Applies the session's `toolApproval` and its grants to a call that changes something. With DENY no grant counts.
 *
 * @param until When the time is over of a person who is asked now, and of a client.
 */
export function permitCall(
  planned: CallToStart,
  { toolApproval, grants }: Permissions,
  until: { approval: Date; client: Date },
): PermittedCall {
  const { plan, args } = planned;
  const permitted = { ...planned, expiresAt: undefined, grant: undefined };
  if (plan.ok && plan.byClient) return { ...permitted, expiresAt: until.client };
  if (!plan.ok || !plan.needsApproval || toolApproval === 'AUTO') return permitted;
  const { nodeId, agentNodeId } = nodeOf(plan);
  if (toolApproval === 'ASK') {
    const grant = grantFor({ name: planned.call.name, args, agentNodeId }, grants);
    return grant ? { ...permitted, grant } : { ...permitted, expiresAt: until.approval };
  }
  const node = { ...(nodeId !== null && { nodeId }), ...(agentNodeId !== null && { agentNodeId }) };
  return { ...permitted, plan: { ...denied, ...node } };
}

export function nodeOf({ nodeId, agentNodeId }: ToolPlan) {
  return { nodeId: nodeId ?? null, agentNodeId: agentNodeId ?? null };
}
