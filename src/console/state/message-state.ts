import type { RunEvent } from '../../client/run-events.ts';
import type { MessagePartsFragment } from '../../gql/console/graphql.ts';

type StoredCall = MessagePartsFragment['toolCalls'][number];

export interface ToolCall extends StoredCall {
  /** What it has printed so far; empty once it is only known from the history. */
  readonly output: string;
}

/** What is shown of a message. A prompt is one that is complete from the start. */
export interface Answer {
  readonly status: MessagePartsFragment['status'];
  readonly content: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCall[];
  /** It waits for its turn. */
  readonly isQueued: boolean;
  /** A part of it cannot be replayed: what is shown is not all until the run has ended. */
  readonly hasGap: boolean;
  /** How many older messages the model was not shown. */
  readonly omittedMessages: number;
  /** Why it failed. */
  readonly failure: string | undefined;
}

export function answerOf(message: MessagePartsFragment): Answer {
  return {
    status: message.status,
    content: message.content,
    reasoning: message.reasoning ?? '',
    toolCalls: message.toolCalls.map((call) => ({ ...call, output: '' })),
    isQueued: message.run?.status === 'QUEUED',
    hasGap: false,
    omittedMessages: 0,
    failure: message.run?.error?.message,
  };
}

/** What there is of an answer before its first run event. */
export const nothingYet: Answer = {
  status: 'STREAMING',
  content: '',
  reasoning: '',
  toolCalls: [],
  isQueued: false,
  hasGap: false,
  omittedMessages: 0,
  failure: undefined,
};

/** The answer after one more run event. */
export function applyRunEvent(answer: Answer, event: RunEvent): Answer {
  switch (event.__typename) {
    case 'RunQueued':
      return { ...answer, isQueued: true };
    case 'RunStarted':
      return { ...answer, isQueued: false };
    case 'ContextTrimmed':
      return { ...answer, omittedMessages: event.omittedMessages };
    case 'HistoryGap':
      return { ...nothingYet, hasGap: true };
    case 'ReasoningDelta':
      return answer.hasGap ? answer : { ...answer, reasoning: answer.reasoning + event.text };
    case 'TextDelta':
      return answer.hasGap ? answer : { ...answer, content: answer.content + event.text };
    case 'RunCompleted':
    case 'RunCancelled':
    case 'RunFailed': {
      const failure = event.__typename === 'RunFailed' ? event.reason : undefined;
      if (!event.message) return { ...answer, status: 'CANCELLED', failure };
      return { ...answerOf(event.message), omittedMessages: answer.omittedMessages, failure };
    }
    case 'UsageReported':
      return answer;
    default:
      return { ...answer, toolCalls: applyToToolCalls(answer.toolCalls, event) };
  }
}

type ToolEvent = Extract<RunEvent, { callId: string }>;

function applyToToolCalls(calls: readonly ToolCall[], event: ToolEvent): readonly ToolCall[] {
  const known = calls.find(({ callId }) => callId === event.callId);
  if (!known) {
    const begun = beginCall(event);
    return begun ? [...calls, begun] : calls;
  }
  const changed = applyToToolCall(known, event);
  return calls.map((call) => (call === known ? changed : call));
}

function beginCall(event: ToolEvent): ToolCall | undefined {
  if (event.__typename !== 'ToolCallStarted' && event.__typename !== 'ToolApprovalRequested')
    return undefined;
  const { callId, name, args, nodeId } = event;
  const status = event.__typename === 'ToolCallStarted' ? 'RUNNING' : 'AWAITING_APPROVAL';
  return { callId, name, args, nodeId: nodeId ?? null, status, output: '' };
}

function applyToToolCall(call: ToolCall, event: ToolEvent): ToolCall {
  switch (event.__typename) {
    case 'ToolCallStarted':
      return { ...call, status: 'RUNNING' };
    case 'ToolApprovalRequested':
      return { ...call, status: 'AWAITING_APPROVAL' };
    case 'ToolApprovalDecided':
      return event.decision === 'APPROVED' ? { ...call, status: 'RUNNING' } : call;
    case 'ToolOutputDelta':
      return { ...call, output: call.output + event.text };
    case 'ToolCallFinished': {
      const { __typename: _, seq: __, runId: ___, ...ended } = event;
      return { ...call, ...ended };
    }
  }
}
