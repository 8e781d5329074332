import { RunEventsDocument } from '../../gql/console/graphql.ts';
import type { Link } from '../gateway/link.ts';
import { applyRunEvent, isTerminal, nothingYet, type RunEvent } from './answer.ts';
import { createFrameBatch } from './frame-batch.ts';
import { isLive, type MessageEntry } from './message-entry.ts';

export interface FollowRunOptions {
  link: Link;
  runId: string;
  entry: MessageEntry;
  /** The gateway tells no more of it, although it has not said how it ended. */
  brokenOff(): void;
}

/**
 * Writes the answer of a run into its message, from its first run event on and each one once. What the history
 * knew of the answer is shown until that one is there.
 */
export function followRun({ link, runId, entry, brokenOff }: FollowRunOptions): () => void {
  let seq = 0;
  let answer = nothingYet;
  const batch = createFrameBatch<RunEvent>(
    (events) => {
      answer = events.reduce(applyRunEvent, answer);
      // The history may have been told of the end already.
      if (isLive(entry)) entry.answer.value = answer;
    },
    () => answer.content.length,
  );
  const over = () => {
    batch.flush();
    if (isLive(entry)) brokenOff();
  };
  const unfollow = link.follow({
    document: RunEventsDocument,
    variables: () => ({ runId, after: seq }),
    next({ runEvents: event }) {
      if (event.seq <= seq) return;
      seq = event.seq;
      batch.push(event);
      if (isTerminal(event)) batch.flush();
    },
    completed: over,
    refused: over,
  });
  return () => {
    batch.cancel();
    unfollow();
  };
}
