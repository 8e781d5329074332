import { createFeed, type Feed } from '../../base/feed.ts';
import { type FollowOptions, followRun } from './follow-run.ts';
import type { RunEvent } from './run-event.ts';

/**
 * Follows a run whose prompt is to join the answer of another one (`onBusy: STEER`). As soon as it has, the follower gets
 * the run events of that run, from `PromptSteered` on. Their seqs are greater than those of the queued run, so that a
 * follower can go on after the newest of them, whatever log it came from.
 *
 * @param after As for `followRun`.
 */
export function followJoined(
  options: FollowOptions,
  runId: number,
  after: number,
  signal: AbortSignal,
): Feed<RunEvent> {
  let feed = followRun(options, runId, after, signal);
  return createFeed<RunEvent>({
    take() {
      const next = feed.take();
      if (next?.value?.type !== 'RunJoined') return next;
      const { steersId, steeredSeq } = next.value;
      feed = followRun(options, steersId, Math.max(after, steeredSeq - 1), signal);
      return feed.take();
    },
    wait: () => feed.wait(),
    close: () => feed.return(),
  });
}
