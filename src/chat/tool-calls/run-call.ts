import type { LanguageModelV3ToolResultPart } from '@ai-sdk/provider';
import {
  type RefusedCall,
  type ToolErrorCode,
  type ToolOutcome,
  toolErrorCodes,
} from '../../tools/tool-runner.ts';
import { toolResultPart } from '../history/tool-result.ts';
import type { PendingApproval, Verdict } from './approvals.ts';
import { type ExecuteCallOptions, executeCall, notStarted } from './execute-call.ts';
import type { StartCallOptions, StartedCall } from './start-call.ts';

export type ToolCallOptions = StartCallOptions & Omit<ExecuteCallOptions, 'callId'>;

/** How a call ended that was not allowed to run. */
const denials: ReadonlySet<ToolErrorCode> = new Set(['DENIED', 'APPROVAL_TIMEOUT']);

/**
 * Runs a started tool call, once it may, and keeps its result. A call that fails is no failure of the run:
 * the model is told and can do better.
 */
export async function runCall(
  call: StartedCall,
  options: ToolCallOptions,
): Promise<LanguageModelV3ToolResultPart> {
  const { callId, pending } = call;
  try {
    const plan = pending ? await permit(call, pending, options) : call.plan;
    const startedAt = performance.now();
    const outcome = 'run' in plan ? await executeCall(plan, { ...options, callId }) : plan;
    return await endCall(call, outcome, Math.round(performance.now() - startedAt), options);
  } finally {
    pending?.settle();
  }
}

/** Waits for the decision. */
async function permit(
  { callId, name, plan }: StartedCall,
  pending: PendingApproval,
  options: ToolCallOptions,
) {
  const { writer, database, log } = options;
  const verdict = await pending.verdict;
  if (verdict === undefined) return notStarted;
  const { decision, reason } = verdict;
  log.info({ callId, name, decision }, 'tool call decided');
  if (decision === 'APPROVED') {
    await database.toolCall.updateMany({
      where: { messageId: writer.assistantMessageId ?? 0, callId },
      data: { status: 'RUNNING' },
    });
  }
  await writer.write({ type: 'ToolApprovalDecided', callId, decision, reason });
  if (decision !== 'APPROVED') return refusal(verdict);
  pending.settle();
  return plan;
}

function refusal({ decision, reason }: Verdict): RefusedCall {
  if (decision === 'EXPIRED') {
    return { ok: false, errorCode: 'APPROVAL_TIMEOUT', result: toolErrorCodes.APPROVAL_TIMEOUT };
  }
  const result = reason === '' ? 'The user denied this call.' : `The user denied this call: ${reason}`;
  return { ok: false, errorCode: 'DENIED', result };
}

async function endCall(
  { callId, name }: StartedCall,
  outcome: ToolOutcome | RefusedCall,
  durationMs: number,
  { writer, database }: ToolCallOptions,
): Promise<LanguageModelV3ToolResultPart> {
  const ended = { ...columnsOf(outcome), durationMs };
  await database.toolCall.updateMany({
    where: { messageId: writer.assistantMessageId ?? 0, callId },
    data: ended,
  });
  await writer.write({ type: 'ToolCallFinished', callId, name, ...ended });
  return toolResultPart({ callId, name, ...ended });
}

function columnsOf(outcome: ToolOutcome | RefusedCall) {
  const { result } = outcome;
  if ('ok' in outcome) {
    const { errorCode } = outcome;
    const status = denials.has(errorCode) ? 'DENIED' : 'FAILED';
    return { status, result, errorCode, exitCode: null, stopped: null } as const;
  }
  const { status, errorCode, exitCode, stopped } = outcome;
  return {
    status,
    result,
    errorCode: status === 'FAILED' ? (errorCode ?? 'FAILED') : null,
    exitCode: exitCode ?? null,
    stopped: status === 'CANCELLED' ? (stopped ?? false) : null,
  };
}
