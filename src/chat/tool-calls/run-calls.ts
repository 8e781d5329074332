import type { EndedCall } from '../history/answer-step.ts';
import { type RunCallOptions, runCall } from './run-call.ts';
import type { StartedCall } from './start-calls.ts';

/**
 * Runs started tool calls at once and waits for every one, so that no tool call outlives its run.
 *
 * @throws The signal's reason when the run is cancelled or lost.
 */
export async function runCalls(
  started: readonly StartedCall[],
  options: RunCallOptions,
): Promise<EndedCall[]> {
  const settled = await Promise.allSettled(started.map((each) => runCall(each, options)));
  options.signal.throwIfAborted();
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
