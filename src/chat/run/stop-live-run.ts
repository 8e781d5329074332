import { setTimeout as delay } from 'node:timers/promises';
import { Cancellation } from './cancellation.ts';
import type { LiveRun } from './launch-run.ts';
import type { ResumeRuns } from './resume-point.ts';

/** Leaves a run of a gateway that stops, if it waits for nothing but decisions about its tool calls. */
export function leaveIfWaiting({ controller, openCalls, leave }: LiveRun): void {
  if (!controller.signal.aborted && openCalls.waitsFor === 'PEOPLE') leave();
}

/** Leaves a run of a gateway that stops, so that the next start or another gateway goes on with it, or cancels it. */
export function stopLiveRun({ controller, openCalls, leave }: LiveRun, resumeRuns: ResumeRuns): void {
  if (controller.signal.aborted) return;
  if (resumeRuns === 'all' || openCalls.waitsFor !== 'MODEL') leave();
  else controller.abort(new Cancellation('SHUTDOWN'));
}

/** Waits for `done`, for `withinMs` milliseconds at most, and not longer than until `hurry` aborts. */
export async function settledWithin(
  done: Promise<void>,
  withinMs: number,
  hurry?: AbortSignal,
): Promise<void> {
  const timeout = new AbortController();
  const signal = hurry ? AbortSignal.any([timeout.signal, hurry]) : timeout.signal;
  const late = delay(withinMs, undefined, { signal }).catch(() => undefined);
  await Promise.race([done, late]);
  timeout.abort();
}
