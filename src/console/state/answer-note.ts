import type { MessageState } from './message-state.ts';

type EmptyReason = NonNullable<MessageState['emptyReason']>;
type FinishReason = NonNullable<MessageState['finishReason']>;

/** Undefined for an answer that says otherwise why it ended: it was stopped, or it failed. */
const emptyNotes: Record<EmptyReason, string | undefined> = {
  CONTENT_FILTER: 'The provider’s filter withheld the answer.',
  REASONING_TOO_LONG: 'The model reached the length limit while it was reasoning, before it wrote an answer.',
  LENGTH: 'The length limit was reached before the model wrote an answer.',
  TOOL_CALLS_ONLY: 'The model called tools and then stopped without an answer.',
  REASONING_ONLY: 'The model stopped after its reasoning, without an answer.',
  NOTHING: 'The model stopped without writing anything.',
  CANCELLED: undefined,
  FAILED: undefined,
};

const finishNotes: Record<FinishReason, string | undefined> = {
  STOP: undefined,
  LENGTH: 'The answer reached the length limit.',
  CONTENT_FILTER: 'The provider’s filter ended the answer.',
  OTHER: 'The provider ended the answer and gave no known reason.',
  ERROR: undefined,
};

type CancelCause = NonNullable<MessageState['cancelCause']>;

const stoppedNotes: Record<CancelCause, string> = {
  USER: 'Stopped. This answer is not complete.',
  SUPERSEDED: 'A newer prompt interrupted this answer. It is not complete.',
  SHUTDOWN: 'The gateway was shut down before this answer was complete.',
  DELETED: 'The session was deleted before this answer was complete.',
};

/** Why a cancelled answer is not complete. Undefined for another answer. */
export function stoppedNote({ status, cancelCause }: MessageState): string | undefined {
  return status === 'CANCELLED' ? stoppedNotes[cancelCause ?? 'USER'] : undefined;
}

/** Why an answer is empty or breaks off, as a sentence; undefined for an answer that is complete. */
export function answerNote({ emptyReason, finishReason }: MessageState): string | undefined {
  if (emptyReason != null) return emptyNotes[emptyReason];
  return finishReason == null ? undefined : finishNotes[finishReason];
}
