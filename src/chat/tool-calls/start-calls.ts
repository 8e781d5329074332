import type { Logger } from 'pino';
import type { NewChange } from '../../changes/change.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import type { ToolApproval } from '../../generated/prisma/enums.ts';
import { untilStored } from '../../storage/failure/until-stored.ts';
import type { Parameter, Statements } from '../../storage/statements/statement.ts';
import { toolApprovalOf } from '../../storage/statements/tool-calls.ts';
import type { RefusedCall, ToolPlan } from '../../tools/tool-runner.ts';
import type { MadeStep } from '../history/save-step.ts';
import type { RunWriter } from '../log/run-writer.ts';
import type { Question } from './approvals.ts';
import type { OpenCalls } from './open-calls.ts';
import type { CallToStart } from './plan-call.ts';
import { saveCalls } from './save-calls.ts';

export interface StartCallsOptions {
  statements: Statements;
  changes: ChangeLog;
  sessionId: number;
  writer: RunWriter;
  /** How long a call waits for an approval, in milliseconds. */
  toolApprovalTimeoutMs: number;
  openCalls: OpenCalls;
  log: Logger;
  /** Aborts when the run is cancelled. */
  signal: AbortSignal;
}

/** A tool call that has been stored and written to the run's log. */
export interface StartedCall {
  callId: string;
  name: string;
  plan: ToolPlan;
  /** The `id` of its row. */
  rowId: number;
  /** Present when the call needs an approval first. */
  question?: Question;
}

/**
 * Stores a step with its planned tool calls in one transaction, and writes the calls to the run's log. Nothing runs yet. So
 * a gateway that goes on with the run after a crash finds a step with all its calls, or nothing of it.
 */
export async function startCalls(
  made: MadeStep,
  planned: readonly CallToStart[],
  options: StartCallsOptions,
): Promise<StartedCall[]> {
  const { sessionId, writer, changes, signal } = options;
  const { runId, assistantMessageId: messageId } = writer;
  const toolApproval = await readToolApproval(planned, options);
  const expiresAt = new Date(Date.now() + options.toolApprovalTimeoutMs);
  const calls = planned.map((each) => decide(each, toolApproval, expiresAt));
  const rows = await Promise.all(calls.map((call) => columnsOf(call, made.step, writer)));
  const asked =
    messageId === null ? [] : calls.flatMap((call) => approvalRequested(call, options, messageId));
  const saved = await untilStored(() => saveCalls(options, writer, { made, rows, asked }), options);
  changes.ring(saved.told);
  options.openCalls.begin(calls.length);
  const started: StartedCall[] = [];
  for (const [index, call] of calls.entries()) {
    if (signal.aborted) break;
    await announce(call, writer);
    const { callId, name } = call.call;
    const rowId = saved.ids[index] ?? 0;
    const { plan, expiresAt: until } = call;
    const ids = { rowId, sessionId, runId, messageId: messageId ?? 0, callId };
    started.push({ callId, name, plan, rowId, ...(until && { question: { ...ids, expiresAt: until } }) });
  }
  return started;
}

function approvalRequested(
  { call: { callId }, expiresAt }: DecidedCall,
  { sessionId, writer: { runId } }: StartCallsOptions,
  messageId: number,
): NewChange[] {
  if (expiresAt === undefined) return [];
  const until = expiresAt.getTime();
  return [{ kind: 'ApprovalRequested', sessionId, runId, messageId, callId, expiresAt: until }];
}

interface DecidedCall extends CallToStart {
  /** Set if a person is asked. */
  expiresAt: Date | undefined;
}

/** Applies the session's `toolApproval` to a call that changes something. */
function decide(planned: CallToStart, toolApproval: ToolApproval, askedUntil: Date): DecidedCall {
  const { plan } = planned;
  if (!plan.ok || !plan.needsApproval || toolApproval === 'AUTO') return { ...planned, expiresAt: undefined };
  if (toolApproval === 'ASK') return { ...planned, expiresAt: askedUntil };
  const { nodeId, agentNodeId } = nodeOf(plan);
  const node = { ...(nodeId !== null && { nodeId }), ...(agentNodeId !== null && { agentNodeId }) };
  return { ...planned, plan: { ...denied, ...node }, expiresAt: undefined };
}

const denied: RefusedCall = {
  ok: false,
  errorCode: 'DENIED',
  result: 'Tools that change something are not allowed in this session.',
};

/** Reads the current setting, because it may have changed since the run began. */
async function readToolApproval(
  planned: readonly CallToStart[],
  { statements, sessionId }: StartCallsOptions,
): Promise<ToolApproval> {
  if (!planned.some(({ plan }) => plan.ok && plan.needsApproval)) return 'AUTO';
  const session = await statements.get(toolApprovalOf, [sessionId]);
  return session?.toolApproval ?? 'DENY';
}

/** The parameters of `insertToolCall`. */
async function columnsOf(
  { call, args, plan, expiresAt }: DecidedCall,
  step: number,
  writer: RunWriter,
): Promise<Parameter[]> {
  const { callId, name } = call;
  const { nodeId, agentNodeId } = nodeOf(plan);
  const status = expiresAt ? 'AWAITING_APPROVAL' : 'RUNNING';
  const isHandedOver = plan.ok && !expiresAt;
  return [
    writer.assistantMessageId,
    callId,
    name,
    JSON.stringify(args),
    status,
    nodeId,
    agentNodeId,
    plan.ok ? plan.dispatchId : null,
    step,
    writer.content.length,
    writer.reasoning.length,
    expiresAt ?? null,
    isHandedOver ? new Date() : null,
    (isHandedOver && (await plan.instanceId?.())) || null,
  ];
}

async function announce({ call, args, plan, expiresAt }: DecidedCall, writer: RunWriter): Promise<void> {
  const { callId, name } = call;
  const node = nodeOf(plan);
  const offsets = { textOffset: writer.content.length, reasoningOffset: writer.reasoning.length };
  await writer.write({ type: 'ToolCallStarted', callId, name, args, ...node, ...offsets });
  if (expiresAt === undefined) return;
  const asked = { callId, name, args, ...node, expiresAt: expiresAt.getTime() };
  await writer.write({ type: 'ToolApprovalRequested', ...asked });
}

function nodeOf({ nodeId, agentNodeId }: ToolPlan) {
  return { nodeId: nodeId ?? null, agentNodeId: agentNodeId ?? null };
}
