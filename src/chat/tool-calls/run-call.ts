import type { NewChange } from '../../changes/change.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import type { ToolCall } from '../../generated/prisma/client.ts';
import { untilStored } from '../../storage/failure/until-stored.ts';
import { idList } from '../../storage/statements/dialect.ts';
import { toolCallsByIds } from '../../storage/statements/messages.ts';
import { fencesOfRuns } from '../../storage/statements/run-owners.ts';
import type { Parameter, Statement, Statements } from '../../storage/statements/statement.ts';
import { endToolCall, startToolCall } from '../../storage/statements/tool-calls.ts';
import type { RefusedCall, ToolErrorCode, ToolOutcome, ToolPlan } from '../../tools/tool-runner.ts';
import type { EndedCall } from '../history/answer-step.ts';
import type { Approvals, Question } from './approvals.ts';
import { type ExecuteCallOptions, executeCall, notStarted } from './execute-call.ts';
import type { OpenCalls } from './open-calls.ts';
import { type PlanStoredOptions, planStored } from './plan-stored.ts';
import type { StartedCall } from './start-calls.ts';
import { answerSettled } from './store-answer.ts';
import { approvalDecided } from './store-decision.ts';
import { untilAnswered } from './until-answered.ts';
import { verdictOf } from './verdict.ts';

export interface RunCallOptions extends ExecuteCallOptions, PlanStoredOptions {
  statements: Statements;
  changes: ChangeLog;
  approvals: Approvals;
  /** Counts the call already. */
  openCalls: OpenCalls;
}

/** The error codes of calls that were not allowed to run. */
const denials: ReadonlySet<ToolErrorCode> = new Set(['DENIED', 'APPROVAL_TIMEOUT']);

/**
 * Waits for the approval of a started tool call if it needs one, runs the call and stores its result; or waits for the
 * result of a client. A failed call
 * does not fail the run: the model is told and can try something else.
 */
export async function runCall(call: StartedCall, options: RunCallOptions): Promise<EndedCall> {
  try {
    return await runOrRefuse(call, options);
  } finally {
    options.openCalls.end();
  }
}

async function runOrRefuse(call: StartedCall, options: RunCallOptions): Promise<EndedCall> {
  const { question, plan } = call;
  if (question === undefined || !plan.ok) return await execute(call, plan, options);
  const answered = await untilAnswered(call, question, options);
  if (!('decided' in answered))
    return await endCall(call, answered.lost ?? cancelledBefore(question), 0, options);
  return await goOn(call, answered.decided, options);
}

/** The outcome of a call whose run was cancelled while the call waited. A client may still run it. */
function cancelledBefore({ byClient }: Question): ToolOutcome {
  if (byClient?.startedAt == null) return notStarted;
  return { status: 'CANCELLED', result: 'Cancelled before a client answered.', stopped: false };
}

/**
 * Tells the followers of the decision, and runs the call if it was approved. A denied one has ended with the decision, and
 * one that a client runs with the answer.
 */
async function goOn(call: StartedCall, decided: ToolCall, options: RunCallOptions): Promise<EndedCall> {
  // It asks nobody any more.
  const { question: _, ...answered } = call;
  const { callId, name, rowId } = answered;
  const verdict = verdictOf(decided);
  if (verdict) {
    options.log.info({ callId, name, decision: verdict.decision }, 'tool call decided');
    await options.writer.write({ type: 'ToolApprovalDecided', callId, ...verdict });
  }
  if (decided.status !== 'RUNNING') return await announceEnd(decided, options);
  const { changedArgs } = decided;
  // With other arguments it may run on another node.
  const plan = changedArgs === null ? answered.plan : await planStored(decided, options);
  const instanceId = plan.ok ? await plan.instanceId?.() : undefined;
  const changed = await updateCall(startToolCall, [new Date(), instanceId ?? null, rowId], options);
  if (changed === 0) await checkOwner(options);
  return await execute({ ...answered, changedArgs }, plan, options);
}

async function execute(call: StartedCall, plan: ToolPlan, options: RunCallOptions): Promise<EndedCall> {
  const startedAt = performance.now();
  if (!plan.ok) return await endCall(call, plan, 0, options);
  const outcome = await executeCall(call.callId, plan, options);
  const ended = await endCall(call, outcome, Math.round(performance.now() - startedAt), options);
  plan.onStored?.();
  return ended;
}

/** Stores how a call has ended. If it had ended before, for instance because it was denied meanwhile, that counts. */
async function endCall(
  { callId, name, rowId, question, changedArgs }: StartedCall,
  outcome: ToolOutcome | RefusedCall,
  durationMs: number,
  options: RunCallOptions,
): Promise<EndedCall> {
  const { hold } = options.writer;
  if (hold.isLost) throw hold.lose();
  const ended = { ...columnsOf(outcome), durationMs };
  const { status, result, errorCode, exitCode, stopped } = ended;
  const columns = [status, result, errorCode, exitCode, stopped, durationMs, rowId];
  const settled = question?.byClient
    ? answerSettled(question, false)
    : question && approvalDecided(question, null);
  const changes = settled ? [settled] : [];
  if ((await updateCall(endToolCall, columns, options, changes)) === 0) {
    await checkOwner(options);
    const [stored] = await options.statements.all(toolCallsByIds, [idList([rowId])]);
    // The message may have been deleted, and the call with it.
    if (stored) return await announceEnd(stored, options);
  }
  await options.writer.write({ type: 'ToolCallFinished', callId, name, ...ended });
  return { callId, name, changedArgs, ...ended };
}

async function announceEnd(call: ToolCall, { writer }: RunCallOptions): Promise<EndedCall> {
  const { callId, name, status, exitCode, stopped, changedArgs } = call;
  const errorCode = call.errorCode as ToolErrorCode | null;
  const ended = { callId, name, status, errorCode, exitCode, stopped, result: call.result ?? '' };
  await writer.write({ type: 'ToolCallFinished', ...ended, durationMs: call.durationMs ?? 0 });
  return { ...ended, changedArgs };
}

/** @throws RunLostError if another gateway has taken over the run. */
async function checkOwner({ statements, writer: { runId, hold } }: RunCallOptions): Promise<void> {
  const owned = await statements.all(fencesOfRuns, [idList([runId])]);
  if (owned.some(({ fence }) => fence !== hold.fence)) throw hold.lose();
}

/**
 * @param parameters Those of the statement but the last, the fence.
 * @param made Changes that are written if the row was changed.
 * @returns How many rows were changed.
 */
async function updateCall(
  statement: Statement<never>,
  parameters: readonly Parameter[],
  options: RunCallOptions,
  made: readonly NewChange[] = [],
): Promise<number> {
  const { statements, changes, writer } = options;
  const all = [...parameters, writer.hold.fence];
  const store = () =>
    statements.transaction(async (tx) => {
      const count = await tx.run(statement, all);
      return { count, told: await changes.write(tx, count === 0 ? [] : made) };
    });
  const { count, told } = await untilStored(store, options);
  changes.ring(told);
  return count;
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
