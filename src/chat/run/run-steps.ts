import type { RefusedCall } from '../../tools/tool-runner.ts';
import type { AnswerStep, EndedCall } from '../history/answer-step.ts';
import type { MadeStep } from '../history/save-step.ts';
import { joinedTokens } from '../history/steered-prompts.ts';
import type { Transcript } from '../history/transcript.ts';
import type { RunEnd } from '../log/run-event.ts';
import type { ResolvedModel } from '../models/models.ts';
import { takePrompts } from '../steering/take-prompts.ts';
import { planCall } from '../tool-calls/plan-call.ts';
import { runCalls } from '../tool-calls/run-calls.ts';
import { startCalls } from '../tool-calls/start-calls.ts';
import { countTokens } from '../usage/estimate-tokens.ts';
import { runFittingStep } from './fitting-step.ts';
import { resumeSteps } from './resume-steps.ts';
import type { RunStepsOptions } from './run-steps-options.ts';

/**
 * Answers a prompt in steps. A step is a model call and the tool calls that it asks for.
 *
 * @returns `lastStep`: a step that completed the answer. It is stored with the end of the run.
 * @throws ProviderError; the signal's reason when the run is cancelled.
 */
export async function runSteps(options: RunStepsOptions): Promise<RunEnd & { lastStep?: MadeStep }> {
  const { model, history, writer } = options;
  const { maxSteps } = options.limits;
  const answer = history.turns.at(-1)?.steps ?? [];
  const first = options.resumed ? await resumeSteps(options.resumed, options) : 1;
  for (let step = first; step <= maxSteps; step += 1) {
    if (step > 1) {
      await options.passBudget();
      // Only behind tools: what comes while a model writes the end of an answer gets an answer of its own.
      await takeSteered(step, answer, options);
    }
    await options.compaction.makeRoom(history);
    const { transcript, finishReason } = await runFittingStep(options);
    const made = { step, maker: model, transcript };
    if (transcript.calls.length === 0) return { status: 'COMPLETED', finishReason, lastStep: made };
    const results = await runToolCalls(made, options);
    answer.push(toStep(transcript, results, model));
    writer.contextTokens += await resultTokens(results);
  }
  const reason = `The model was still calling tools after ${maxSteps} steps.`;
  return { status: 'FAILED', code: 'STEP_LIMIT', reason };
}

/** Lets prompts join the answer that wait for it. A run that nobody steers costs nothing. */
async function takeSteered(step: number, answer: AnswerStep[], options: RunStepsOptions): Promise<void> {
  const { steerNote, signal, writer, model, limits } = options;
  if (!steerNote.take()) return;
  signal.throwIfAborted();
  const prompts = await takePrompts(step, { ...options, runLogTtlMs: limits.runLogTtlMs });
  if (prompts.length === 0) return;
  answer.push({ maker: null, parts: [], prompts });
  writer.contextTokens += await joinedTokens(prompts, model);
}

function toStep({ parts }: Transcript, results: EndedCall[], maker: ResolvedModel): AnswerStep {
  const resultOf = new Map(results.map((result) => [result.callId, result]));
  const { providerName, modelName } = maker;
  return {
    maker: { providerName, modelName },
    parts: parts.map((part) =>
      part.type === 'call' ? { ...part, result: resultOf.get(part.callId) } : part,
    ),
  };
}

/** An estimate: the provider reports the real number only with the next step's usage. */
async function resultTokens(results: EndedCall[]): Promise<number> {
  const texts = results.map(
    ({ result, changedArgs }) => (changedArgs ? JSON.stringify(changedArgs) : '') + (result ?? ''),
  );
  return countTokens(texts.join(''));
}

/** Tool calls that run in one step. */
const maxCalls = 100;

const tooManyCalls: RefusedCall = {
  ok: false,
  errorCode: 'FAILED',
  result: `A step runs at most ${maxCalls} tool calls, and this call exceeds them. It was not started.`,
};

/** Runs all tool calls of a step at once and waits for every one, so that no tool call outlives its run. */
async function runToolCalls(made: MadeStep, options: RunStepsOptions): Promise<EndedCall[]> {
  const { limits, signal } = options;
  // All at once, because planning a call may mean waiting for its node.
  const planned = await Promise.all(
    made.transcript.calls.map((call, index) =>
      planCall(call, options, index < maxCalls ? undefined : tooManyCalls),
    ),
  );
  signal.throwIfAborted();
  const { toolApprovalTimeoutMs, clientToolTimeoutMs, toolStopMs } = limits;
  // They are stored in the order in which the model asked for them.
  const started = await startCalls(made, planned, {
    ...options,
    toolApprovalTimeoutMs,
    clientToolTimeoutMs,
  });
  return await runCalls(started, { ...options, toolStopMs });
}
