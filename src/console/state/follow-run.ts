import { isTerminal, type RunEvent } from '../../client/run-events.ts';
import type { Link } from '../gateway/link.ts';
import { take } from '../gateway/take.ts';
import { createFrameBatch } from './frame-batch.ts';
import { isLive, type Message } from './message.ts';
import { applyRunEvent, emptyAnswer } from './message-state.ts';

export interface FollowRunOptions {
  link: Link;
  runId: string;
  message: Message;
  /** Aborts to stop following. */
  signal: AbortSignal;
  /** Called when a prompt has joined an answer, perhaps another one than that of the message. */
  onJoined(promptId: string, answerId: string): void;
  /** Called when the gateway sends no more run events although the run has not ended. */
  onBreak(): void;
}

/**
 * Writes the run events of a run into its message, beginning with the first one. Until that one arrives, the message
 * shows what the database had.
 */
export function followRun({
  link,
  runId,
  message,
  signal: closed,
  onJoined,
  onBreak,
}: FollowRunOptions): void {
  const leaving = new AbortController();
  const signal = AbortSignal.any([closed, leaving.signal]);
  let state = emptyAnswer;
  const batch = createFrameBatch<RunEvent>(
    (events) => {
      state = events.reduce(applyRunEvent, state);
      // The subscription to the session may have brought the whole message before.
      if (!signal.aborted && isLive(message)) message.state.value = state;
    },
    () => state.content.length,
  );
  void take(link.client.follow(runId, { signal }), {
    signal,
    next(event) {
      if (event.__typename === 'PromptSteered') {
        if (event.message) onJoined(event.message.id, event.answerId);
        // The prompt of this run has joined: the other answer is followed already, and this one is gone.
        if (event.answerId !== message.id) return leaving.abort();
      }
      batch.push(event);
      if (isTerminal(event)) batch.flush();
    },
    ended() {
      batch.flush();
      if (isLive(message)) onBreak();
    },
  });
}
