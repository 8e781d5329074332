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
    case 'ToolOutputDelta':
    case 'ToolCallFinished':
      return { ...answer, toolCalls: applyToToolCalls(answer, event) };
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

type ToolEvent = Extract<RunEvent, { callId: string }>;

function applyToToolCalls(answer: Answer, event: ToolEvent): readonly ToolCall[] {
  const { toolCalls: calls } = answer;
  const known = calls.find(({ callId }) => callId === event.callId);
  if (known) return calls.map((call) => (call === known ? applyToToolCall(known, event) : call));
  const first = firstState(answer, event);
  return first ? [...calls, first] : calls;
}

/** A call that waits for an approval may be told before it has started. */
function firstState({ text, reasoning }: Answer, event: ToolEvent): ToolCall | undefined {
  const place = { textOffset: text.length, reasoningOffset: reasoning.length };
  if (event.__typename === 'ToolCallStarted') {
    const { __typename: _, seq: __, runId: ___, nodeId = null, ...started } = event;
    return { ...started, nodeId, status: 'RUNNING', output: '' };
  }
  if (event.__typename !== 'ToolApprovalRequested') return undefined;
  const { callId, name, args, nodeId = null } = event;
  return { callId, name, args, nodeId, ...place, status: 'AWAITING_APPROVAL', output: '' };
}

function applyToToolCall(call: ToolCall, event: ToolEvent): ToolCall {
  switch (event.__typename) {
    case 'ToolCallStarted':
      return { ...call, status: 'RUNNING' };
    case 'ToolApprovalRequested':
      return { ...call, status: 'AWAITING_APPROVAL' };
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
