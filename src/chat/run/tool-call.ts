import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { LanguageModelV3FunctionTool, LanguageModelV3ToolResultPart } from '@ai-sdk/provider';
import type { Prisma } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';
import type { RunWriter } from '../log/run-writer.ts';
import type { ToolOutcome, ToolRunner } from '../tools.ts';
import { parseArgs, type RequestedCall } from './transcript.ts';

export interface ToolCallOptions {
  database: Database;
  sessionId: number;
  writer: RunWriter;
  tools: ToolRunner;
  offered: LanguageModelV3FunctionTool[];
  /** Which of the run's model calls asked for it, from 1. */
  step: number;
  signal: AbortSignal;
}

/** Of arguments that make no sense, in characters. */
const longestQuote = 500;
/** How long a tool may take to stop once its run is cancelled; then it is left to itself. */
const stopMs = 2_000;

/**
 * Runs one tool call, from its row in the database and its entry in the log to its result. A call that fails
 * is no failure of the run: the model is told and can do better.
 */
export async function runToolCall(
  call: RequestedCall,
  options: ToolCallOptions,
): Promise<LanguageModelV3ToolResultPart> {
  const { writer } = options;
  const { callId, name } = call;
  const args = parseArgs(call.input);
  const startedAt = performance.now();
  await storeStart(call, args.ok ? args.value : call.input, options);
  await writer.write({ type: 'ToolCallStarted', callId, name, args: args.ok ? args.value : call.input });
  const outcome = await execute(call, args, options);
  const ended = {
    status: outcome.status,
    result: outcome.result,
    exitCode: outcome.exitCode ?? null,
    durationMs: Math.round(performance.now() - startedAt),
  };
  await options.database.toolCall.updateMany({
    where: { messageId: writer.assistantMessageId ?? 0, callId },
    data: ended,
  });
  await writer.write({ type: 'ToolCallFinished', callId, name, ...ended });
  const type = outcome.status === 'SUCCEEDED' ? 'text' : 'error-text';
  return {
    type: 'tool-result',
    toolCallId: callId,
    toolName: name,
    output: { type, value: outcome.result },
  };
}

async function execute(
  { callId, name, input }: RequestedCall,
  args: ReturnType<typeof parseArgs>,
  { tools, offered, sessionId, writer, signal }: ToolCallOptions,
): Promise<ToolOutcome> {
  if (!offered.some((tool) => tool.name === name)) {
    const names = offered.map((tool) => tool.name).join(', ') || 'none';
    return { status: 'FAILED', result: `There is no tool named "${name}". Tools there are: ${names}.` };
  }
  if (!args.ok) return { status: 'FAILED', result: notAnObject(input) };
  let ended = false;
  const over = new AbortController();
  const onOutput = async (text: string) => {
    // What a tool prints after its end comes too late: the run may be over.
    if (!ended && text !== '') await writer.write({ type: 'ToolOutputDelta', callId, text });
  };
  try {
    const request = { sessionId, runId: writer.runId, callId, name, args: args.value };
    return await Promise.race([tools.run(request, onOutput, signal), unstoppable(signal, over.signal)]);
  } catch (error) {
    if (signal.aborted) return { status: 'CANCELLED', result: 'Cancelled.' };
    return { status: 'FAILED', result: error instanceof Error ? error.message : 'The tool failed.' };
  } finally {
    ended = true;
    over.abort();
  }
}

/** The outcome of a call that goes on though its run was cancelled: whoever cancels waits for the run's end. */
async function unstoppable(cancelled: AbortSignal, over: AbortSignal): Promise<ToolOutcome> {
  if (!cancelled.aborted) await once(cancelled, 'abort', { signal: over });
  await delay(stopMs, undefined, { signal: over });
  return { status: 'CANCELLED', result: 'Cancelled, but the tool did not stop.' };
}

/** Quotes what the model wrote, since in the next step it is shown an object in its place. */
function notAnObject(input: string): string {
  return `The arguments are not a JSON object: ${input.slice(0, longestQuote)}`;
}

async function storeStart(call: RequestedCall, args: unknown, options: ToolCallOptions): Promise<void> {
  const { writer, database, step } = options;
  if (writer.assistantMessageId === null) return;
  await database.toolCall.createMany({
    data: {
      messageId: writer.assistantMessageId,
      callId: call.callId,
      name: call.name,
      args: args as Prisma.InputJsonValue,
      status: 'RUNNING',
      step,
      textOffset: writer.content.length,
    },
  });
}
