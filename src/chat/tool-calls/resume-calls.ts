import type { ToolCall } from '../../generated/prisma/client.ts';
import type { RefusedCall, ToolErrorCode, ToolPlan } from '../../tools/tool-runner.ts';
import type { RunWriter } from '../log/run-writer.ts';
import { askUserName } from './client-tools/ask-user.ts';
import { clientCall } from './client-tools/run-tools.ts';
import { type PlanStoredOptions, planStored } from './plan-stored.ts';
import type { StartedCall } from './start-calls.ts';
import { verdictOf } from './verdict.ts';

/** Whether a stored call has not ended. */
export function isOpen({ status }: ToolCall): boolean {
  return status === 'AWAITING_APPROVAL' || status === 'AWAITING_CLIENT' || status === 'RUNNING';
}

/** Tells followers, who may have missed them, of the stored calls of an answer: what was asked, decided and done. */
export async function tellCalls(calls: readonly ToolCall[], writer: RunWriter): Promise<void> {
  for (const call of calls) {
    const { callId, name, args, nodeId, agentNodeId, textOffset, reasoningOffset, expiresAt } = call;
    const about = { callId, name, args, nodeId, agentNodeId };
    const byClient = call.byClient && ({ byClient: true } as const);
    await writer.write({ type: 'ToolCallStarted', ...about, ...byClient, textOffset, reasoningOffset });
    if (call.status === 'AWAITING_APPROVAL') {
      const until = expiresAt?.getTime() ?? Date.now();
      await writer.write({ type: 'ToolApprovalRequested', ...about, expiresAt: until });
    }
    if (call.status === 'AWAITING_CLIENT') {
      const until = expiresAt?.getTime() ?? Date.now();
      await writer.write({ type: 'ClientToolRequested', callId, name, args, expiresAt: until });
    }
    const verdict = verdictOf(call);
    // That of a call that was not handed to its tool yet is told when that happens.
    const isTold = !isOpen(call) || call.startedAt !== null;
    if (verdict && isTold) await writer.write({ type: 'ToolApprovalDecided', callId, ...verdict });
    if (!isOpen(call)) await tellEnd(call, writer);
  }
}

async function tellEnd(call: ToolCall, writer: RunWriter): Promise<void> {
  const { callId, name, status, exitCode, stopped } = call;
  const [result, durationMs] = [call.result ?? '', call.durationMs ?? 0];
  const errorCode = call.errorCode as ToolErrorCode | null;
  const ended = { callId, name, status, result, errorCode, exitCode, stopped, durationMs };
  await writer.write({ type: 'ToolCallFinished', ...ended });
}

/** Plans the stored calls of a step that have not ended, so that they go on where they were. */
export function resumeCalls(calls: readonly ToolCall[], options: PlanStoredOptions): Promise<StartedCall[]> {
  return Promise.all(calls.filter(isOpen).map((call) => resumeCall(call, options)));
}

async function resumeCall(call: ToolCall, options: PlanStoredOptions): Promise<StartedCall> {
  const { id: rowId, callId, messageId, name, status, startedAt, expiresAt, decision, changedArgs } = call;
  const { sessionId, writer } = options;
  const isRefused = status === 'RUNNING' && startedAt === null && decision === null;
  const plan = isRefused ? refusedBefore : await planAgain(call, options);
  // An approved call that was not handed to its tool finds its decision at once, and an answered one its answer.
  const isUndecided = call.byClient || status === 'AWAITING_APPROVAL' || startedAt === null;
  const asked = { rowId, sessionId, runId: writer.runId, messageId, callId };
  const byClient = call.byClient ? { startedAt } : undefined;
  const question = isUndecided && expiresAt && { question: { ...asked, expiresAt, byClient } };
  return { callId, name, plan, rowId, changedArgs, ...question };
}

async function planAgain(call: ToolCall, options: PlanStoredOptions): Promise<ToolPlan> {
  if (!call.byClient) return await planStored(call, options);
  return clientCall(call.name === askUserName ? 'QUESTION' : 'TOOL');
}

/** A call that was refused, when the gateway ended before it could store why. */
const refusedBefore: RefusedCall = { ok: false, errorCode: 'FAILED', result: 'The call could not run.' };
