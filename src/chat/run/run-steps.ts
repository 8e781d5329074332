import { setImmediate } from 'node:timers/promises';
import type {
  LanguageModelV3FunctionTool,
  LanguageModelV3Message,
  LanguageModelV3ToolResultPart,
} from '@ai-sdk/provider';
import type { Logger } from 'pino';
import { GatewayError } from '../../errors.ts';
import type { FinishReason } from '../../generated/prisma/enums.ts';
import type { Database } from '../../storage/database.ts';
import type { RefusedCall, ToolRunner } from '../../tools/tool-runner.ts';
import { callIdsOf } from '../history/model-messages.ts';
import type { RequestedCall } from '../history/transcript.ts';
import { type RunFailure, runFailureCodes } from '../log/run-event.ts';
import type { RunWriter } from '../log/run-writer.ts';
import type { CallLimits } from '../models/call-model.ts';
import type { ResolvedModel } from '../models/models.ts';
import { ProviderError } from '../models/provider-error.ts';
import type { Approvals } from '../tool-calls/approvals.ts';
import { runCall } from '../tool-calls/run-call.ts';
import { type StartedCall, startCall } from '../tool-calls/start-call.ts';
import { countTokens } from '../usage/estimate-tokens.ts';
import { runStep } from './step.ts';

export interface RunOptions {
  database: Database;
  sessionId: number;
  model: ResolvedModel;
  /** What the model is shown: system prompt, earlier turns and the new prompt. */
  prompt: LanguageModelV3Message[];
  writer: RunWriter;
  tools: ToolRunner;
  /** The tools that the model is told of. */
  offered: LanguageModelV3FunctionTool[];
  approvals: Approvals;
  /** How long a tool call waits for somebody to decide. */
  toolApprovalTimeoutMs: number;
  /** How long a tool may take to stop once the run is cancelled. */
  toolStopMs: number;
  /** Model calls at most; each round of tools costs one. */
  maxSteps: number;
  limits: CallLimits;
  log: Logger;
  /** Aborts when the run is cancelled. */
  signal: AbortSignal;
}

/** How a run ended. */
export type RunOutcome =
  | { status: 'COMPLETED'; finishReason: FinishReason }
  | { status: 'CANCELLED' }
  | ({ status: 'FAILED' } & RunFailure & { cause?: unknown });

/** Answers a prompt: model, tools, model … until one outcome. Never throws. */
export async function run(options: RunOptions): Promise<RunOutcome> {
  try {
    return await answer(options);
  } catch (cause) {
    return options.signal.aborted ? { status: 'CANCELLED' } : failed(cause);
  }
}

/** The outcome for whatever was thrown: a provider's failure by its own code, anything else `INTERNAL`. */
export function failed(cause: unknown): RunOutcome {
  if (cause instanceof ProviderError) {
    return { status: 'FAILED', code: cause.code, reason: cause.message, cause };
  }
  // The model that was chosen when the prompt was sent is none any more.
  if (cause instanceof GatewayError)
    return { status: 'FAILED', code: 'PROVIDER_REJECTED', reason: cause.message };
  return { status: 'FAILED', code: 'INTERNAL', reason: runFailureCodes.INTERNAL, cause };
}

async function answer(options: RunOptions): Promise<RunOutcome> {
  const prompt = [...options.prompt];
  for (const callId of callIdsOf(prompt)) options.writer.callIds.add(callId);
  for (let number = 1; number <= options.maxSteps; number += 1) {
    const { transcript, finishReason } = await runStep({ ...options, prompt });
    if (transcript.calls.length === 0) return { status: 'COMPLETED', finishReason };
    const results = await runToolCalls(transcript.calls, { ...options, step: number });
    prompt.push({ role: 'assistant', content: transcript.content }, { role: 'tool', content: results });
    options.writer.contextTokens += await resultTokens(results);
  }
  const reason = `The model was still calling tools after ${options.maxSteps} steps.`;
  return { status: 'FAILED', code: 'STEP_LIMIT', reason };
}

/** Estimated: only the next step's usage tells what the provider makes of them. */
async function resultTokens(results: LanguageModelV3ToolResultPart[]): Promise<number> {
  const texts = results.map(({ output }) => ('value' in output ? String(output.value) : ''));
  return countTokens(texts.join(''));
}

/** Tool calls of one step that are run. */
const maxCalls = 100;

const tooManyCalls: RefusedCall = {
  ok: false,
  errorCode: 'FAILED',
  result: `At most ${maxCalls} tool calls run in one step, and this one came after them. Nothing was started.`,
};

/** All calls of a step at once. Waits for every one of them, so that none outlives its run. */
async function runToolCalls(calls: RequestedCall[], options: RunOptions & { step: number }) {
  const started: StartedCall[] = [];
  // One by one, so that they are kept in the order in which the model asked for them.
  for (const call of calls) {
    if (options.signal.aborted) break;
    const refusal = started.length < maxCalls ? undefined : tooManyCalls;
    started.push(await startCall(call, { ...options, refusal }));
    // The database answers without a pause: others would wait until hundreds of calls have begun.
    await setImmediate();
  }
  const settled = await Promise.allSettled(started.map((each) => runCall(each, options)));
  options.signal.throwIfAborted();
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
