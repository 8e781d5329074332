import { readAnswerSoFar } from '../history/answer-so-far.ts';
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
  const { statements, history, writer, limits } = options;
  await tellCalls(calls, writer);
  if (isWaiting) {
    const started = await resumeCalls(calls, options);
    await runCalls(started, { ...options, toolStopMs: limits.toolStopMs });
  }
  const { steps, tokens } = await readAnswerSoFar(statements, run);
  history.turns.at(-1)?.steps.push(...steps);
  writer.contextTokens += tokens;
  return isWaiting ? step + 1 : step;
}
