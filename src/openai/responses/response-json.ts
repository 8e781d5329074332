import { openAiCode } from '../../base/openai-failure.ts';
import type { AnswerRunFragment, AnswerUsageFragment, FinishReason, RunStatus } from '../../gql/graphql.ts';
import type { LastEvent } from '../answer/follow-answer.ts';
import { fullName } from '../input/model-choice.ts';
import { writeId } from '../route/ids.ts';
import type { FoundResponse } from './find-response.ts';
import { type OutputItem, outputItems } from './output-items.ts';
import type { ResponseRequest } from './response-request.ts';

type ResponseStatus = 'queued' | 'in_progress' | 'completed' | 'incomplete' | 'failed' | 'cancelled';

/** How far a run is, or how it has ended. */
export interface ResponseState {
  status: ResponseStatus;
  error: { code: string; message: string } | null;
  incomplete_details: { reason: 'max_output_tokens' | 'content_filter' } | null;
  output: OutputItem[];
  /** Null until the run has ended. */
  usage: AnswerUsageFragment | null;
  completedAt: number | null;
}

/** The parameters of the request that a response repeats. They are known only to who sends the request. */
export type Repeated = Pick<
  ResponseRequest,
  'temperature' | 'max_output_tokens' | 'reasoning' | 'text' | 'background' | 'store'
>;

const statuses: Record<RunStatus, ResponseStatus> = {
  QUEUED: 'queued',
  RUNNING: 'in_progress',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
};

export function responseJson(run: AnswerRunFragment, state: ResponseState, request: Repeated = {}) {
  const { session, userMessage } = run;
  const previous = userMessage?.parent?.run?.databaseId;
  return {
    id: writeId('response', run.databaseId),
    object: 'response',
    created_at: secondsOf(run.createdAt),
    completed_at: state.completedAt,
    status: state.status,
    background: request.background ?? false,
    conversation: { id: writeId('conversation', session.databaseId) },
    error: state.error,
    incomplete_details: state.incomplete_details,
    instructions: session.systemPrompt ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    metadata: session.metadata ?? {},
    model: fullName(run.usage),
    output: state.output,
    parallel_tool_calls: true,
    previous_response_id: previous == null ? null : writeId('response', previous),
    reasoning: { effort: request.reasoning?.effort ?? null, summary: null },
    store: request.store ?? true,
    temperature: request.temperature ?? null,
    text: { format: request.text?.format ?? { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: null,
    truncation: 'auto',
    usage: state.usage && usageJson(state.usage),
  };
}

/** The state of a stored run. */
export function stateOf(run: FoundResponse): ResponseState {
  const { status, finishReason, error, assistantMessage, finishedAt } = run;
  const ended = endOf(statuses[status], finishReason);
  const itemStatus = status === 'COMPLETED' ? 'completed' : finishedAt ? 'incomplete' : 'in_progress';
  return {
    ...ended,
    error: error ? { code: openAiCode(error.code), message: error.message } : null,
    output: assistantMessage ? outputItems(run.databaseId, assistantMessage, itemStatus) : [],
    usage: finishedAt ? run.usage : null,
    completedAt: finishedAt ? secondsOf(finishedAt) : null,
  };
}

/** The state of a run at its last run event. @param shown The items that the client was told, if it was told them all. */
export function stateAtEnd(run: AnswerRunFragment, last: LastEvent, shown?: OutputItem[]): ResponseState {
  const { message, usage } = last;
  const itemStatus = last.__typename === 'RunCompleted' ? 'completed' : 'incomplete';
  const output = shown ?? (message ? outputItems(run.databaseId, message, itemStatus) : []);
  const failure =
    last.__typename === 'RunFailed' ? { code: openAiCode(last.code), message: last.reason } : null;
  const status = { RunCompleted: 'completed', RunFailed: 'failed', RunCancelled: 'cancelled' } as const;
  const reason = last.__typename === 'RunCompleted' ? last.finishReason : null;
  const completedAt = secondsOf(last.at);
  return { ...endOf(status[last.__typename], reason), error: failure, output, usage, completedAt };
}

/** The state of a run that has begun. */
export function stateAtStart({ status }: AnswerRunFragment): ResponseState {
  const isQueued = status === 'QUEUED';
  const nothing = { error: null, incomplete_details: null, output: [], usage: null, completedAt: null };
  return { ...nothing, status: isQueued ? 'queued' : 'in_progress' };
}

function endOf(status: ResponseStatus, reason: FinishReason | null | undefined) {
  if (status === 'completed' && reason === 'LENGTH') {
    return { status: 'incomplete' as const, incomplete_details: { reason: 'max_output_tokens' as const } };
  }
  if (status === 'completed' && reason === 'CONTENT_FILTER') {
    return { status: 'incomplete' as const, incomplete_details: { reason: 'content_filter' as const } };
  }
  return { status, incomplete_details: null };
}

function usageJson(usage: AnswerUsageFragment) {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: { cached_tokens: usage.cachedInputTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.totalTokens,
  };
}

export function secondsOf(time: string): number {
  return Math.floor(Date.parse(time) / 1_000);
}
