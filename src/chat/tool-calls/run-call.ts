import { untilStored } from '../../storage/failure/until-stored.ts';
import type { Parameter, Statement, Statements } from '../../storage/statements/statement.ts';
import { endToolCall, startToolCall } from '../../storage/statements/tool-calls.ts';
import {
  type RefusedCall,
  type ToolErrorCode,
  type ToolOutcome,
  toolErrorCodes,
} from '../../tools/tool-runner.ts';
import type { EndedCall } from '../history/answer-step.ts';
import type { PendingApproval, Verdict } from './approvals.ts';
import { type ExecuteCallOptions, executeCall, notStarted } from './execute-call.ts';
import type { StartedCall } from './start-call.ts';

export interface RunCallOptions extends ExecuteCallOptions {
  statements: Statements;
}

/** The error codes of calls that were not allowed to run. */
const denials: ReadonlySet<ToolErrorCode> = new Set(['DENIED', 'APPROVAL_TIMEOUT']);

/**
 * Waits for the approval of a started tool call if it needs one, runs the call and stores its result. A failed call
 * does not fail the run: the model is told and can try something else.
 */
export async function runCall(call: StartedCall, options: RunCallOptions): Promise<EndedCall> {
  const { callId, pending } = call;
  try {
    const plan = pending ? await waitForApproval(call, pending, options) : call.plan;
    const startedAt = performance.now();
    const outcome = 'run' in plan ? await executeCall(callId, plan, options) : plan;
    return await endCall(call, outcome, Math.round(performance.now() - startedAt), options);
  } finally {
    pending?.settle();
  }
}

/** Returns the plan if the call is approved, and otherwise the outcome of a call that must not run. */
async function waitForApproval(call: StartedCall, pending: PendingApproval, options: RunCallOptions) {
  const { callId, name, plan } = call;
  const { writer, log } = options;
  const lost = await untilDecided(call, pending, options);
  const verdict = await pending.verdict;
  if (verdict === undefined) return lost ?? notStarted;
  const { decision, reason } = verdict;
  log.info({ callId, name, decision }, 'tool call decided');
  if (decision === 'APPROVED') {
    await updateCall(startToolCall, [], callId, options);
  }
  await writer.write({ type: 'ToolApprovalDecided', callId, decision, reason });
  if (decision !== 'APPROVED') return refusal(verdict);
  pending.settle();
  return plan;
}

/**
 * Waits until a question needs no answer any more. Withdraws it when its call cannot run any more: then it returns why.
 */
async function untilDecided(
  { callId, plan }: StartedCall,
  pending: PendingApproval,
  { log }: RunCallOptions,
): Promise<RefusedCall | undefined> {
  if (!plan.ok || !plan.untilLost) return undefined;
  const over = new AbortController();
  try {
    const lost = await Promise.race([
      plan.untilLost(over.signal).catch((err: unknown) => {
        log.error({ err }, 'it cannot be known whether a tool call that waits for an approval can still run');
        return undefined;
      }),
      pending.verdict.then(() => undefined),
    ]);
    if (lost) {
      pending.withdraw();
      log.info(
        { callId, errorCode: lost.errorCode },
        'a tool call that waited for an approval cannot run any more',
      );
    }
    return lost;
  } finally {
    over.abort();
  }
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
  options: RunCallOptions,
): Promise<EndedCall> {
  const ended = { ...columnsOf(outcome), durationMs };
  const { status, result, errorCode, exitCode, stopped } = ended;
  const columns = [status, result, errorCode, exitCode, stopped, durationMs];
  await updateCall(endToolCall, columns, callId, options);
  await options.writer.write({ type: 'ToolCallFinished', callId, name, ...ended });
  return { callId, name, ...ended };
}

async function updateCall(
  statement: Statement<never>,
  columns: readonly Parameter[],
  callId: string,
  options: RunCallOptions,
): Promise<void> {
  const parameters = [...columns, options.writer.assistantMessageId, callId];
  await untilStored(() => options.statements.transaction((tx) => tx.run(statement, parameters)), options);
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
