import { readAnswerSoFar } from '../history/answer-so-far.ts';
import type { SteeredPrompt } from '../history/steered-prompts.ts';
import type { RunWriter } from '../log/run-writer.ts';
import { resumeCalls, tellCalls } from '../tool-calls/resume-calls.ts';
import { runCalls } from '../tool-calls/run-calls.ts';
import type { ResumePoint } from './resume-point.ts';
import type { RunStepsOptions } from './run-steps-options.ts';

/**
 * Goes on with the steps of a run that another gateway has executed: waits for the tool calls that have not ended, and
 * adds the steps so far to the history.
 *
 * @returns The step that the model is asked for next.
 */
export async function resumeSteps(point: ResumePoint, options: RunStepsOptions): Promise<number> {
  const { calls, step, isWaiting, run } = point;
  const { statements, history, writer, limits, model } = options;
  await tellAgain(point, writer);
  if (isWaiting) {
    const started = await resumeCalls(calls, options);
    await runCalls(started, { ...options, toolStopMs: limits.toolStopMs });
  }
  const { steps, tokens } = await readAnswerSoFar(statements, run, model);
  history.turns.at(-1)?.steps.push(...steps);
  writer.contextTokens += tokens;
  return isWaiting ? step + 1 : step;
}

/** Tells followers, who may have missed them, of the tool calls so far, with the prompts that joined between them. */
async function tellAgain({ calls, steered, run }: ResumePoint, writer: RunWriter): Promise<void> {
  const answerId = run.assistantMessageId ?? 0;
  const prompts = [...steered];
  const tellPrompts = async (upTo: number) => {
    while (prompts[0] !== undefined && prompts[0].step <= upTo) {
      const { step: _, ...prompt } = prompts.shift() as SteeredPrompt;
      await writer.write({ type: 'PromptSteered', answerId, ...prompt });
    }
  };
  for (const call of calls) {
    await tellPrompts(call.step);
    await tellCalls([call], writer);
  }
  await tellPrompts(Number.POSITIVE_INFINITY);
}
