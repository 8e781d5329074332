import { writeJson } from '../../base/long-integers.ts';
import type { AwaitedCalls } from '../../dialect/answer/awaited-calls.ts';
import type { LastEvent } from '../../dialect/answer/last-event.ts';
import { fullName } from '../../dialect/input/model-choice.ts';
import { writeCallId } from '../../dialect/route/call-ids.ts';
import type { AnswerRunFragment, AnswerUsageFragment, FinishReason } from '../../gql/graphql.ts';
import { writeId } from '../route/ids.ts';

const finishReasons: Record<FinishReason, 'stop' | 'length' | 'content_filter'> = {
  STOP: 'stop',
  LENGTH: 'length',
  CONTENT_FILTER: 'content_filter',
  OTHER: 'stop',
  ERROR: 'stop',
};

/** How an answer ends that has not failed. */
export type WholeAnswer = AwaitedCalls | Extract<LastEvent, { __typename: 'RunCompleted' }>;

export function finishReasonOf(end: WholeAnswer) {
  return end.__typename === 'CallsAwaited' ? 'tool_calls' : finishReasons[end.finishReason];
}

/**
 * What every frame and every answer of a run has.
 *
 * @param after The step of the client's tools that the answer follows; 0: it follows no tools.
 */
export function headOf({ databaseId, createdAt, usage }: AnswerRunFragment, after: number) {
  return {
    id: writeId('completion', databaseId, after),
    created: Math.floor(Date.parse(createdAt) / 1_000),
    model: fullName(usage),
  };
}

/** The calls that the client has to run. */
export function callsJson({ databaseId }: AnswerRunFragment, { calls }: AwaitedCalls) {
  return calls.map(({ callId, name, args }) => ({
    id: writeCallId(databaseId, callId),
    type: 'function' as const,
    function: { name, arguments: writeJson(args ?? {}) },
  }));
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
export function completionJson(run: AnswerRunFragment, end: WholeAnswer, after: number) {
  const { content = '', reasoning } = end.message ?? {};
  const calls = end.__typename === 'CallsAwaited' ? callsJson(run, end) : [];
  return {
    ...headOf(run, after),
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: content === '' && calls.length > 0 ? null : content,
          refusal: null,
          ...(reasoning && { reasoning_content: reasoning }),
          ...(calls.length > 0 && { tool_calls: calls }),
        },
        logprobs: null,
        finish_reason: finishReasonOf(end),
      },
    ],
    ...(end.usage && { usage: usageJson(end.usage) }),
  };
}
