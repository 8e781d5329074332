import { isTerminal, type RunEvent } from '../../client/run-events.ts';
import type { Link } from '../gateway/link.ts';
import { take } from '../gateway/take.ts';
import { createFrameBatch } from './frame-batch.ts';
import { isLive, type MessageEntry } from './message.ts';
import { applyRunEvent, nothingYet } from './message-state.ts';

export interface FollowRunOptions {
  link: Link;
  runId: string;
  entry: MessageEntry;
  /** Called when the gateway sends no more of the run, although the run has not ended. */
  brokenOff(): void;
}

/**
 * Writes the answer of a run into its message, from its first run event on. Until that arrives, the message shows
 * what the history knew of the answer.
 *
 * @returns Stops following.
 */
export function followRun({ link, runId, entry, brokenOff }: FollowRunOptions): () => void {
  let answer = nothingYet;
  const leaving = new AbortController();
  const { signal } = leaving;
  const batch = createFrameBatch<RunEvent>(
    (events) => {
      answer = events.reduce(applyRunEvent, answer);
      // The session's events may have reported the end already.
      if (isLive(entry)) entry.answer.value = answer;
    },
    () => answer.content.length,
  );
  void take(link.client.follow(runId, { signal }), {
    signal,
    next(event) {
      batch.push(event);
      if (isTerminal(event)) batch.flush();
    },
    ended() {
      batch.flush();
      if (isLive(entry)) brokenOff();
    },
  });
  return () => {
    leaving.abort();
    batch.cancel();
  };
}
