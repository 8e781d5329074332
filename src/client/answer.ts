import type { AnswerPartsFragment } from '../gql/client/graphql.ts';
import type { RunEvent } from './run-events.ts';

export interface ToolCall extends StoredCall {
  /** What the tool has printed while it was followed. The gateway keeps only the result. */
  readonly output: string;
}

type StoredCall = AnswerPartsFragment['toolCalls'][number];

/** The answer of a run, as far as it was told. */
export interface Answer {
  readonly text: string;
  readonly reasoning: string;
  /** In the order in which the model made them. */
  readonly toolCalls: readonly ToolCall[];
  /** Whether run events are lost. Text and reasoning stay empty then, until the run is resumed or ends. */
  readonly hasGap: boolean;
}

export const emptyAnswer: Answer = { text: '', reasoning: '', toolCalls: [], hasGap: false };

/** The answer after one more run event. Run events that are newer than this client change nothing. */
export function applyRunEvent(answer: Answer, event: RunEvent): Answer {
  switch (event.__typename) {
    case 'TextDelta':
      return answer.hasGap ? answer : { ...answer, text: answer.text + event.text };
    case 'ReasoningDelta':
      return answer.hasGap ? answer : { ...answer, reasoning: answer.reasoning + event.text };
    case 'RunResumed':
      return { text: event.content, reasoning: event.reasoning, toolCalls: answer.toolCalls, hasGap: false };
    case 'HistoryGap':
      return { ...emptyAnswer, hasGap: true };
    case 'RunCompleted':
    case 'RunCancelled':
    case 'RunFailed': {
      const { message } = event;
      if (!message) return answer;
      const { content: text, reasoning, toolCalls } = message;
      return { text, reasoning: reasoning ?? '', toolCalls: toolCalls.map(ended(answer)), hasGap: false };
    }
    case 'ToolCallStarted':
    case 'ToolApprovalRequested':
    case 'ToolApprovalDecided':
    case 'ClientToolRequested':
    case 'ToolOutputDelta':
    case 'ToolCallFinished':
      return { ...answer, toolCalls: toolCallsAfter(answer, event) };
    default:
      return answer;
  }
}

/** Keeps the output of the calls, which the stored message does not have. */
function ended({ toolCalls }: Answer): (stored: StoredCall) => ToolCall {
  return (stored) => ({
    ...stored,
    output: toolCalls.find(({ callId }) => callId === stored.callId)?.output ?? '',
  });
}

/** A run event about a tool call. */
export type ToolEvent = Extract<RunEvent, { callId: string }>;

/** The tool calls of an answer after one more run event about one of them. */
export function toolCallsAfter(
  answer: Pick<Answer, 'text' | 'reasoning' | 'toolCalls'>,
  event: ToolEvent,
): readonly ToolCall[] {
  const { toolCalls: calls } = answer;
  const known = calls.find(({ callId }) => callId === event.callId);
  if (known) return calls.map((call) => (call === known ? callAfter(known, event) : call));
  const first = firstState(answer, event);
  return first ? [...calls, first] : calls;
}

/** The status of a call when this event is its first to arrive. */
const firstStatus = {
  ToolCallStarted: 'RUNNING',
  ToolApprovalRequested: 'AWAITING_APPROVAL',
  ClientToolRequested: 'AWAITING_CLIENT',
} as const;

type FirstEvent = Extract<ToolEvent, { __typename: keyof typeof firstStatus }>;

function firstState(
  { text, reasoning }: Pick<Answer, 'text' | 'reasoning'>,
  event: ToolEvent,
): ToolCall | undefined {
  if (!isFirst(event)) return undefined;
  const { callId, name, args } = event;
  const nodeId = ('nodeId' in event && event.nodeId) || null;
  // A call that waits may be told before it has started.
  const { textOffset, reasoningOffset } =
    event.__typename === 'ToolCallStarted'
      ? event
      : { textOffset: text.length, reasoningOffset: reasoning.length };
  const status = firstStatus[event.__typename];
  return { callId, name, args, nodeId, status, output: '', textOffset, reasoningOffset };
}

function isFirst(event: ToolEvent): event is FirstEvent {
  return Object.hasOwn(firstStatus, event.__typename);
}

function callAfter(call: ToolCall, event: ToolEvent): ToolCall {
  switch (event.__typename) {
    case 'ToolCallStarted':
    case 'ToolApprovalRequested':
    case 'ClientToolRequested':
      return { ...call, status: firstStatus[event.__typename] };
    case 'ToolApprovalDecided':
      return event.decision === 'APPROVED'
        ? { ...call, status: 'RUNNING', changedArgs: event.changedArgs }
        : call;
    case 'ToolOutputDelta':
      return { ...call, output: call.output + event.text };
    case 'ToolCallFinished': {
      const { __typename: _, seq: __, runId: ___, ...finished } = event;
      return { ...call, ...finished };
    }
    default:
      return call;
  }
}
