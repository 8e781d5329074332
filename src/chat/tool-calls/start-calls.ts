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
  /** How long a call waits for a client, in milliseconds. */
  clientToolTimeoutMs: number;
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
  /** Present when the call needs an approval first, or a client that runs it. */
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
    const byClient = plan.ok && plan.byClient ? { startedAt: startOf(call, saved.at) } : undefined;
    const question = until && { question: { ...ids, expiresAt: until, byClient } };
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
    const at = new Date();
    const until = {
      approval: new Date(at.getTime() + options.toolApprovalTimeoutMs),
      client: new Date(at.getTime() + options.clientToolTimeoutMs),
    };
    const calls = planned.map((each) => permitCall(each, permissions, until));
    const rows = await Promise.all(calls.map((call) => columnsOf(call, made.step, at, writer)));
    const asked = messageId === null ? [] : calls.flatMap((call) => requested(call, options, messageId));
    const grantIds = calls.flatMap(({ grant }) => grant?.id ?? []);
    const step = { made, rows, asked, grantIds };
    const saved = await untilStored(() => saveCalls(options, writer, step), options);
    if (saved) return { calls, saved: { ...saved, at } };
  }
}

function requested(
  { call: { callId }, plan, expiresAt }: PermittedCall,
  { sessionId, writer: { runId } }: StartCallsOptions,
  messageId: number,
): NewChange[] {
  if (expiresAt === undefined) return [];
  const until = expiresAt.getTime();
  const kind = plan.ok && plan.byClient ? 'ToolAnswerRequested' : 'ApprovalRequested';
  return [{ kind, sessionId, runId, messageId, callId, expiresAt: until }];
}

/** Reads what the session allows now, because it may have changed since the run began. */
async function permissionsFor(
  planned: readonly CallToStart[],
  { statements, sessionId }: StartCallsOptions,
): Promise<Permissions> {
  if (!planned.some(({ plan }) => plan.ok && plan.needsApproval)) return { toolApproval: 'AUTO', grants: [] };
  return await readPermissions(statements, sessionId);
}

/** When a call is handed to its tool: at once, unless it waits for a person. */
function startOf({ plan, expiresAt }: PermittedCall, at: Date): Date | null {
  if (!plan.ok) return null;
  return plan.byClient === 'TOOL' || !expiresAt ? at : null;
}

/** The parameters of `insertToolCall`. */
async function columnsOf(
  permitted: PermittedCall,
  step: number,
  at: Date,
  writer: RunWriter,
): Promise<Parameter[]> {
  const { call, args, plan, expiresAt, grant } = permitted;
  const { callId, name } = call;
  const { nodeId, agentNodeId } = nodeOf(plan);
  const byClient = plan.ok && plan.byClient !== undefined;
  const waiting = byClient ? 'AWAITING_CLIENT' : 'AWAITING_APPROVAL';
  const status = expiresAt ? waiting : 'RUNNING';
  const startedAt = startOf(permitted, at);
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
    startedAt,
    (startedAt && plan.ok && (await plan.instanceId?.())) || null,
    byClient,
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
  const byClient = plan.ok && plan.byClient && ({ byClient: true } as const);
  await writer.write({ type: 'ToolCallStarted', callId, name, args, ...byClient, ...node, ...offsets });
  if (grant) await writer.write({ type: 'ToolApprovalDecided', callId, ...verdictOfGrant(grant) });
  if (expiresAt === undefined) return;
  const asked = { callId, name, args, expiresAt: expiresAt.getTime() };
  if (plan.ok && plan.byClient) await writer.write({ type: 'ClientToolRequested', ...asked });
  else await writer.write({ type: 'ToolApprovalRequested', ...asked, ...node });
}
