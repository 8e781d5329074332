import { type ToolCall, toolCallsAfter } from '../../client/answer.ts';
import type { RunEvent } from '../../client/run-events.ts';
import type { MessagePartsFragment } from '../../gql/console/graphql.ts';

/** A prompt that joined an answer while it was being written, and where in the answer it stands. */
export interface SteeredPrompt {
  /** Undefined for a prompt that was deleted. */
  readonly id: string | undefined;
  readonly content: string;
  readonly textOffset: number;
  readonly reasoningOffset: number;
  /** How many tool calls were made before it. */
  readonly callsBefore: number;
}

/** The parts of a message that change while its run goes on. */
export interface MessageState {
  readonly status: MessagePartsFragment['status'];
  readonly content: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCall[];
  /** The prompts that have joined the answer, in the order in which the model was told them. */
  readonly steered: readonly SteeredPrompt[];
  /** Whether the run waits until another run of the session has ended. */
  readonly isQueued: boolean;
  /** Whether some run events are lost. Text is then shown when the run has ended, because it would be incomplete. */
  readonly hasGap: boolean;
  /** How many of the oldest messages the model was not given. */
  readonly omittedMessages: number;
  /** What the model was given in their place. */
  readonly summary: string | undefined;
  /** Whether the model is writing that summary. */
  readonly isSummarising: boolean;
  /** Why the answer waits for a budget, as a sentence. Undefined: it does not. */
  readonly paused: string | undefined;
  /** When and why the gateway asks the model again, until the answer goes on. */
  readonly retry: { readonly at: number; readonly reason: string } | undefined;
  /** Why the model stopped writing. Undefined before it has. */
  readonly finishReason: MessagePartsFragment['finishReason'];
  /** Why the ended answer has no text. */
  readonly emptyReason: MessagePartsFragment['emptyReason'];
  /** Why the run was cancelled. */
  readonly cancelCause: MessagePartsFragment['cancelCause'];
  /** Why the run failed. */
  readonly failure: string | undefined;
}

/** The recording is no part of the state: it can change after the run. */
export function storedState(
  message: Omit<
    MessagePartsFragment,
    'audio' | 'attachments' | 'contextSummary' | 'parent' | 'siblings' | 'steeredInto'
  >,
): MessageState {
  return {
    status: message.status,
    content: message.content,
    reasoning: message.reasoning ?? '',
    toolCalls: message.toolCalls.map((call) => ({ ...call, output: '' })),
    steered: message.steeredPrompts.map(steeredPrompt),
    isQueued: message.run?.status === 'QUEUED',
    hasGap: false,
    omittedMessages: 0,
    summary: undefined,
    isSummarising: false,
    paused: undefined,
    retry: undefined,
    finishReason: message.finishReason,
    emptyReason: message.emptyReason,
    cancelCause: message.cancelCause,
    failure: message.run?.error?.message,
  };
}

function steeredPrompt({
  message,
  textOffset,
  reasoningOffset,
  callsBefore,
}: MessagePartsFragment['steeredPrompts'][number]): SteeredPrompt {
  const prompt = { id: message?.id, content: message?.content ?? '' };
  return { ...prompt, textOffset, reasoningOffset, callsBefore };
}

/** An answer before its first run event. */
export const emptyAnswer: MessageState = {
  status: 'STREAMING',
  content: '',
  reasoning: '',
  toolCalls: [],
  steered: [],
  isQueued: false,
  hasGap: false,
  omittedMessages: 0,
  summary: undefined,
  isSummarising: false,
  paused: undefined,
  retry: undefined,
  finishReason: undefined,
  emptyReason: undefined,
  cancelCause: undefined,
  failure: undefined,
};

/** What the model was given of the session. The database does not say it for each answer. */
export function shownContext({ omittedMessages, summary }: MessageState) {
  return { omittedMessages, summary };
}

export function applyRunEvent(state: MessageState, event: RunEvent): MessageState {
  if (event.__typename === 'ModelRetryScheduled') {
    return { ...state, retry: { at: Date.parse(event.dueAt), reason: event.reason } };
  }
  return goOn(state.retry ? { ...state, retry: undefined } : state, event);
}

type OtherRunEvent = Exclude<RunEvent, { __typename: 'ModelRetryScheduled' }>;

function goOn(state: MessageState, event: OtherRunEvent): MessageState {
  switch (event.__typename) {
    case 'RunQueued':
      return { ...state, isQueued: true };
    case 'RunStarted':
      return { ...state, isQueued: false };
    case 'RunResumed': {
      const { content, reasoning } = event;
      return { ...state, isQueued: false, hasGap: false, paused: undefined, content, reasoning };
    }
    case 'RunPaused':
      return { ...state, isQueued: false, paused: event.reason };
    case 'RunContinued':
      return { ...state, paused: undefined };
    case 'ContextCompactionStarted':
      return { ...state, isSummarising: true };
    case 'ContextCompacted': {
      const { omittedMessages, summary } = event;
      return { ...state, omittedMessages, summary, isSummarising: false };
    }
    case 'ContextTrimmed':
      return { ...state, omittedMessages: event.omittedMessages, isSummarising: false };
    case 'HistoryGap':
      return { ...emptyAnswer, hasGap: true };
    case 'ReasoningDelta':
      return state.hasGap ? state : { ...state, reasoning: state.reasoning + event.text };
    case 'TextDelta':
      return state.hasGap ? state : { ...state, content: state.content + event.text };
    case 'RunCompleted':
    case 'RunCancelled':
    case 'RunFailed': {
      const failure = event.__typename === 'RunFailed' ? event.reason : undefined;
      if (!event.message) return { ...state, status: 'CANCELLED', failure };
      return { ...storedState(event.message), ...shownContext(state), failure };
    }
    case 'PromptSteered': {
      // A gateway that goes on with the run tells it again.
      const others = state.steered.filter(({ id }) => id !== event.message?.id);
      return { ...state, steered: [...others, steeredPrompt({ ...event, message: event.message ?? null })] };
    }
    case 'UsageReported':
      return state;
    default:
      return { ...state, toolCalls: toolCallsAfter({ ...state, text: state.content }, event) };
  }
}
