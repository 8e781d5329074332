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

/** What is known of an ended answer without text, and of its run. */
interface EmptyAnswer {
  status: Exclude<MessageStatus, 'STREAMING'>;
  reasoning: string | null;
  /** Null if the run was deleted. */
  run: { finishReason: FinishReason | null; reasoningTokens: number } | null;
  hasToolCalls: boolean;
}

/** Why an ended answer has no text. */
export function emptyReasonOf({ status, reasoning, run, hasToolCalls }: EmptyAnswer): EmptyReason {
  if (status === 'CANCELLED') return 'CANCELLED';
  if (status !== 'COMPLETE') return 'FAILED';
  // Some providers count the tokens of the reasoning without showing it.
  const hasReasoned = Boolean(reasoning?.trim()) || (run?.reasoningTokens ?? 0) > 0;
  if (run?.finishReason === 'CONTENT_FILTER') return 'CONTENT_FILTER';
  if (run?.finishReason === 'LENGTH') return hasReasoned ? 'REASONING_TOO_LONG' : 'LENGTH';
  if (hasToolCalls) return 'TOOL_CALLS_ONLY';
  return hasReasoned ? 'REASONING_ONLY' : 'NOTHING';
}

/** Why the model of a run stopped writing. Null while it has not stopped, and when the run was cancelled. */
export function finishReasonOf(run: {
  status: RunStatus;
  finishReason: FinishReason | null;
}): FinishReason | 'ERROR' | null {
  return run.status === 'FAILED' ? 'ERROR' : run.finishReason;
}
