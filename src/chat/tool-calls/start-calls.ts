import type { Logger } from 'pino';
import type { NewChange } from '../../changes/change.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import { untilStored } from '../../storage/failure/until-stored.ts';
import type { Parameter, Statements } from '../../storage/statements/statement.ts';
import type { ToolPlan } from '../../tools/tool-runner.ts';
import type { MadeStep } from '../history/save-step.ts';
import type { RunWriter } from '../log/run-writer.ts';
import type { Question } from './approvals.ts';
import { type Permissions, readPermissions } from './grants/permissions.ts';
import type { OpenCalls } from './open-calls.ts';
import { nodeOf, type PermittedCall, permitCall } from './permit-call.ts';
import type { CallToStart } from './plan-call.ts';
import { saveCalls } from './save-calls.ts';
import { verdictOfGrant } from './verdict.ts';

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
  /** The arguments with which a person let the call run in place of those of the model; null if nobody changed them. */
  changedArgs: unknown;
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
  const { calls, saved } = await permitAndSave(made, planned, options);
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
    const question = until && { question: { ...ids, expiresAt: until } };
    started.push({ callId, name, plan, rowId, changedArgs: null, ...question });
  }
  return started;
}

/** Decides which calls may run, and stores them. Decides again when a grant was revoked in between. */
async function permitAndSave(made: MadeStep, planned: readonly CallToStart[], options: StartCallsOptions) {
  const { writer } = options;
  const { assistantMessageId: messageId } = writer;
  for (;;) {
    const permissions = await permissionsFor(planned, options);
    const expiresAt = new Date(Date.now() + options.toolApprovalTimeoutMs);
    const calls = planned.map((each) => permitCall(each, permissions, expiresAt));
    const rows = await Promise.all(calls.map((call) => columnsOf(call, made.step, writer)));
    const asked =
      messageId === null ? [] : calls.flatMap((call) => approvalRequested(call, options, messageId));
    const grantIds = calls.flatMap(({ grant }) => grant?.id ?? []);
    const step = { made, rows, asked, grantIds };
    const saved = await untilStored(() => saveCalls(options, writer, step), options);
    if (saved) return { calls, saved };
  }
}

function approvalRequested(
  { call: { callId }, expiresAt }: PermittedCall,
  { sessionId, writer: { runId } }: StartCallsOptions,
  messageId: number,
): NewChange[] {
  if (expiresAt === undefined) return [];
  const until = expiresAt.getTime();
  return [{ kind: 'ApprovalRequested', sessionId, runId, messageId, callId, expiresAt: until }];
}

/** Reads what the session allows now, because it may have changed since the run began. */
async function permissionsFor(
  planned: readonly CallToStart[],
  { statements, sessionId }: StartCallsOptions,
): Promise<Permissions> {
  if (!planned.some(({ plan }) => plan.ok && plan.needsApproval)) return { toolApproval: 'AUTO', grants: [] };
  return await readPermissions(statements, sessionId);
}

/** The parameters of `insertToolCall`. */
async function columnsOf(
  { call, args, plan, expiresAt, grant }: PermittedCall,
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
    ...(grant ? ['APPROVED', '', grant.grantedBy, new Date(), true] : [null, null, null, null, false]),
  ];
}

async function announce(
  { call, args, plan, expiresAt, grant }: PermittedCall,
  writer: RunWriter,
): Promise<void> {
  const { callId, name } = call;
  const node = nodeOf(plan);
  const offsets = { textOffset: writer.content.length, reasoningOffset: writer.reasoning.length };
  await writer.write({ type: 'ToolCallStarted', callId, name, args, ...node, ...offsets });
  if (grant) await writer.write({ type: 'ToolApprovalDecided', callId, ...verdictOfGrant(grant) });
  if (expiresAt === undefined) return;
  const asked = { callId, name, args, ...node, expiresAt: expiresAt.getTime() };
  await writer.write({ type: 'ToolApprovalRequested', ...asked });
}
