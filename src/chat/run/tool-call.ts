import type { LanguageModelV3ToolResultPart } from '@ai-sdk/provider';
import type { Prisma } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';
import type { RunWriter } from '../log/run-writer.ts';
import type { ToolOutcome, ToolPlan, ToolRunner } from '../tools.ts';
import { executeCall } from './execute-call.ts';
import { parseArgs, type RequestedCall } from './transcript.ts';

export interface ToolCallOptions {
  database: Database;
  sessionId: number;
  writer: RunWriter;
  tools: ToolRunner;
  /** Which of the run's model calls asked for it, from 1. */
  step: number;
  signal: AbortSignal;
}

/** Of arguments that make no sense, in characters. */
const longestQuote = 500;

/** A call that has been stored and announced, and what is to become of it. */
export interface StartedCall {
  call: RequestedCall;
  plan: ToolPlan;
}

/** Plans a tool call, gives it its row in the database and its entry in the log. Nothing runs yet. */
export async function startToolCall(call: RequestedCall, options: ToolCallOptions): Promise<StartedCall> {
  const { callId, name, input } = call;
  const parsed = parseArgs(input);
  const args = parsed.ok ? parsed.value : input;
  const plan = parsed.ok ? await planCall(call, parsed.value, options) : notAnObject(input);
  const { nodeId, dispatchId } = plan.ok ? plan : { nodeId: null, dispatchId: null };
  await storeStart(call, { args: args as Prisma.InputJsonValue, nodeId, dispatchId }, options);
  await options.writer.write({ type: 'ToolCallStarted', callId, name, args, nodeId });
  return { call, plan };
}

/**
 * Runs a started tool call and keeps its result. A call that fails is no failure of the run: the model is
 * told and can do better.
 */
export async function runToolCall(
  { call, plan }: StartedCall,
  options: ToolCallOptions,
): Promise<LanguageModelV3ToolResultPart> {
  const startedAt = performance.now();
  const outcome = plan.ok ? await executeCall(plan, { ...options, callId: call.callId }) : failed(plan);
  return finish(call, outcome, Math.round(performance.now() - startedAt), options);
}

async function planCall(
  { callId, name }: RequestedCall,
  args: object,
  { tools, sessionId, writer }: ToolCallOptions,
): Promise<ToolPlan> {
  return tools.plan({ sessionId, runId: writer.runId, callId, name, args });
}

/** Quotes what the model wrote, since in the next step it is shown an object in its place. */
function notAnObject(input: string): ToolPlan {
  const result = `The arguments are not a JSON object: ${input.slice(0, longestQuote)}`;
  return { ok: false, errorCode: 'BAD_ARGUMENTS', result };
}

function failed({ errorCode, result }: Extract<ToolPlan, { ok: false }>): ToolOutcome {
  return { status: 'FAILED', errorCode, result };
}

async function finish(
  { callId, name }: RequestedCall,
  { status, result, errorCode, exitCode, stopped }: ToolOutcome,
  durationMs: number,
  { writer, database }: ToolCallOptions,
): Promise<LanguageModelV3ToolResultPart> {
  const ended = {
    status,
    result,
    errorCode: status === 'FAILED' ? (errorCode ?? 'FAILED') : null,
    exitCode: exitCode ?? null,
    stopped: status === 'CANCELLED' ? (stopped ?? false) : null,
    durationMs,
  };
  await database.toolCall.updateMany({
    where: { messageId: writer.assistantMessageId ?? 0, callId },
    data: ended,
  });
  await writer.write({ type: 'ToolCallFinished', callId, name, ...ended });
  const type = status === 'SUCCEEDED' ? 'text' : 'error-text';
  return { type: 'tool-result', toolCallId: callId, toolName: name, output: { type, value: result } };
}

async function storeStart(
  { callId, name }: RequestedCall,
  target: { args: Prisma.InputJsonValue; nodeId: string | null; dispatchId: string | null },
  { writer, database, step }: ToolCallOptions,
): Promise<void> {
  const { assistantMessageId: messageId, content } = writer;
  if (messageId === null) return;
  const textOffset = content.length;
  await database.toolCall.createMany({
    data: { messageId, callId, name, ...target, status: 'RUNNING', step, textOffset },
  });
}
