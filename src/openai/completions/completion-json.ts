import type { AnswerRunFragment, AnswerUsageFragment, FinishReason } from '../../gql/graphql.ts';
import type { LastEvent } from '../answer/follow-answer.ts';
import { fullName } from '../input/model-choice.ts';
import { writeId } from '../route/ids.ts';

const finishReasons: Record<FinishReason, 'stop' | 'length' | 'content_filter'> = {
  STOP: 'stop',
  LENGTH: 'length',
  CONTENT_FILTER: 'content_filter',
  OTHER: 'stop',
  ERROR: 'stop',
};

export function finishReasonOf(last: Extract<LastEvent, { __typename: 'RunCompleted' }>) {
  return finishReasons[last.finishReason];
}

/** What every frame and every answer of a run has. */
export function headOf({ databaseId, createdAt, usage }: AnswerRunFragment) {
  return {
    id: writeId('completion', databaseId),
    created: Math.floor(Date.parse(createdAt) / 1_000),
    model: fullName(usage),
  };
}

export function usageJson(usage: AnswerUsageFragment) {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.totalTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedInputTokens },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  };
}

/** The answer to a request without `stream`. */
export function completionJson(
  run: AnswerRunFragment,
  last: Extract<LastEvent, { __typename: 'RunCompleted' }>,
) {
  const { content = '', reasoning } = last.message ?? {};
  return {
    ...headOf(run),
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content,
          refusal: null,
          ...(reasoning && { reasoning_content: reasoning }),
        },
        logprobs: null,
        finish_reason: finishReasonOf(last),
      },
    ],
    usage: usageJson(last.usage),
  };
}
