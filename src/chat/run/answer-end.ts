import type { FinishReason, MessageStatus, RunStatus } from '../../generated/prisma/enums.ts';

/** Why an ended answer has no text: the values of GraphQL's `EmptyReason`. */
export const emptyReasons = {
  CONTENT_FILTER: 'The filter of the provider withheld the answer.',
  REASONING_TOO_LONG: 'The model spent all tokens that it may write on its reasoning.',
  LENGTH: 'The length limit was reached before the model wrote any text.',
  TOOL_CALLS_ONLY: 'The model called tools, and then stopped without an answer.',
  REASONING_ONLY: 'The model wrote reasoning, and then stopped without an answer.',
  NOTHING: 'The model stopped without having written anything.',
  CANCELLED: 'The run was cancelled before the model wrote any text.',
  FAILED: 'The run failed before the model wrote any text; `error` of the run says why.',
} as const;

type EmptyReason = keyof typeof emptyReasons;

/** What is known of an ended answer without text. */
interface EmptyAnswer {
  status: Exclude<MessageStatus, 'STREAMING'>;
  finishReason: FinishReason | null;
  /** Whether the model has reasoned. Some providers count the tokens of the reasoning without showing it. */
  hasReasoned: boolean;
  hasToolCalls: boolean;
}

/** Why an ended answer has no text. */
export function emptyReasonOf({ status, finishReason, hasReasoned, hasToolCalls }: EmptyAnswer): EmptyReason {
  if (status === 'CANCELLED') return 'CANCELLED';
  if (status !== 'COMPLETE') return 'FAILED';
  if (finishReason === 'CONTENT_FILTER') return 'CONTENT_FILTER';
  if (finishReason === 'LENGTH') return hasReasoned ? 'REASONING_TOO_LONG' : 'LENGTH';
  if (hasToolCalls) return 'TOOL_CALLS_ONLY';
  return hasReasoned ? 'REASONING_ONLY' : 'NOTHING';
}

/** Why the model of a run, or of an answer, stopped writing. Null while it has not, and when the run was cancelled. */
export function finishReasonOf(ended: {
  status: RunStatus | MessageStatus;
  finishReason: FinishReason | null;
}): FinishReason | 'ERROR' | null {
  const hasFailed = ended.status === 'FAILED' || ended.status === 'INTERRUPTED';
  return hasFailed ? 'ERROR' : ended.finishReason;
}
