import { openAiCode } from '../../base/openai-failure.ts';
import { type AwaitedCalls, isOfClient, lastCallsOf, partOfLeg } from '../../dialect/answer/awaited-calls.ts';
import type { LastEvent } from '../../dialect/answer/last-event.ts';
import { fullName } from '../../dialect/input/model-choice.ts';
import type { AnswerRunFragment, AnswerUsageFragment, FinishReason, RunStatus } from '../../gql/graphql.ts';
import { writeId } from '../route/ids.ts';
import type { FoundResponse } from './find-response.ts';
import { type OutputItem, outputItems, type ResponseKey } from './output-items.ts';
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
  | 'temperature'
  | 'max_output_tokens'
  | 'reasoning'
  | 'text'
  | 'background'
  | 'store'
  | 'tools'
  | 'tool_choice'
  | 'previous_response_id'
>;

const statuses: Record<RunStatus, ResponseStatus> = {
  QUEUED: 'queued',
  RUNNING: 'in_progress',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
};

/** @param after The step of the client's tools that the response follows; 0: none. */
export function responseJson(
  run: AnswerRunFragment,
  state: ResponseState,
  { after, request = {} }: { after: number; request?: Repeated | undefined },
) {
  const { session } = run;
  return {
    id: writeId('response', run.databaseId, after),
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
    previous_response_id: request.previous_response_id ?? previousOf(run, after),
    reasoning: { effort: request.reasoning?.effort ?? null, summary: null },
    store: request.store ?? true,
    temperature: request.temperature ?? null,
    text: { format: request.text?.format ?? { type: 'text' } },
    tool_choice: request.tool_choice ?? 'auto',
    tools: request.tools ?? [],
    top_p: null,
    truncation: 'auto',
    usage: state.usage && usageJson(state.usage),
  };
}

/** The response before this one. */
function previousOf({ databaseId, userMessage }: AnswerRunFragment, after: number): string | null {
  if (after > 0) return writeId('response', databaseId);
  const previous = userMessage?.parent?.run?.databaseId;
  return previous == null ? null : writeId('response', previous);
}

/** The state of a stored response. */
export function stateOf({ run, leg, step }: FoundResponse): ResponseState {
  const { status, finishReason, error, assistantMessage, finishedAt } = run;
  const key = { run: run.databaseId, after: step };
  const message = assistantMessage ? partOfLeg(assistantMessage, leg) : null;
  const asked = message ? lastCallsOf(leg, message.toolCalls) : [];
  if (message && asked.length > 0 && asked.every(({ status }) => status !== 'CANCELLED')) {
    const isRunning = asked.some((call) => !isOfClient(call) && openStatuses.has(call.status));
    const output = outputItems(key, message, 'completed');
    const ended = { error: null, incomplete_details: null, output, usage: null, completedAt: null };
    return { ...ended, status: isRunning ? 'in_progress' : 'completed' };
  }
  const itemStatus = status === 'COMPLETED' ? 'completed' : finishedAt ? 'incomplete' : 'in_progress';
  return {
    ...endOf(statuses[status], finishReason),
    error: error ? { code: openAiCode(error.code), message: error.message } : null,
    output: message ? outputItems(key, message, itemStatus) : [],
    usage: finishedAt ? run.usage : null,
    completedAt: finishedAt ? secondsOf(finishedAt) : null,
  };
}

const openStatuses: ReadonlySet<string> = new Set(['AWAITING_APPROVAL', 'AWAITING_CLIENT', 'RUNNING']);

/**
 * The state of a response at its end.
 *
 * @param shown The items that the client was told, if it was told them all.
 */
export function stateAtEnd(
  key: ResponseKey,
  end: LastEvent | AwaitedCalls,
  shown?: OutputItem[],
): ResponseState {
  const { message, usage } = end;
  const completedAt = secondsOf(end.at);
  if (end.__typename === 'CallsAwaited') {
    const output = shown ?? outputItems(key, end.message, 'completed');
    return { status: 'completed', error: null, incomplete_details: null, output, usage, completedAt };
  }
  const itemStatus = end.__typename === 'RunCompleted' ? 'completed' : 'incomplete';
  const output = shown ?? (message ? outputItems(key, message, itemStatus) : []);
  const failure = end.__typename === 'RunFailed' ? { code: openAiCode(end.code), message: end.reason } : null;
  const status = { RunCompleted: 'completed', RunFailed: 'failed', RunCancelled: 'cancelled' } as const;
  const reason = end.__typename === 'RunCompleted' ? end.finishReason : null;
  return { ...endOf(status[end.__typename], reason), error: failure, output, usage, completedAt };
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
