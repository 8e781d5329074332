import { writeJson } from '../base/long-integers.ts';
import type { OpenAiFailure } from '../base/openai-failure.ts';
import type { AwaitedCalls } from '../dialect/answer/awaited-calls.ts';
import { isLast, type LastEvent } from '../dialect/answer/last-event.ts';
import { failureOf } from '../dialect/answer/run-failure.ts';
import type { FrameWriter } from '../dialect/answer/stream-answer.ts';
import { fullName } from '../dialect/input/model-choice.ts';
import { writeCallId } from '../dialect/route/call-ids.ts';
import { writeMessageId } from '../dialect/route/message-ids.ts';
import type {
  AnswerEventFragment,
  AnswerRunFragment,
  AnswerUsageFragment,
  FinishReason,
} from '../gql/graphql.ts';
import { formatFrame } from '../sse/frame.ts';

type Kind = 'text' | 'reasoning';
type EventOf<Type extends AnswerEventFragment['__typename']> = Extract<
  AnswerEventFragment,
  { __typename: Type }
>;

const done = formatFrame({ data: '[DONE]' });

const finishReasons: Record<FinishReason, string> = {
  STOP: 'stop',
  LENGTH: 'length',
  CONTENT_FILTER: 'content-filter',
  OTHER: 'other',
  ERROR: 'error',
};

/**
 * Writes run events as the parts of a UI message stream of the AI SDK, version 1.
 *
 * | run event | parts |
 * | --- | --- |
 * | the first one with the id of the answer | `start` with `messageId`, and the session and the run as metadata; `start-step` |
 * | `ReasoningDelta`, `TextDelta` | `reasoning-delta`, `text-delta`, with the parts that open and close them |
 * | the first one behind tools that have ended | `finish-step`, `start-step` |
 * | `ToolCallStarted` on a node | `tool-input-available`, which the client only shows (`providerExecuted`) |
 * | `ToolApprovalRequested` | `tool-approval-request`; then the stream ends as below |
 * | `ClientToolRequested` | `tool-input-available`, which the client runs; then the stream ends: `finish` with `tool-calls` |
 * | `ToolCallFinished` | `tool-output-available`, `tool-output-error` or `tool-output-denied` |
 * | `RunCompleted` | `finish` with `finishReason`, and model and usage as metadata; `[DONE]` |
 * | `RunFailed` | `error`; `[DONE]` |
 * | `RunCancelled` | `abort`; `[DONE]` |
 * | `RunPaused`, `RunContinued` | `data-paused` with `limit`, `reason` and `until`, and again with `isOver: true` |
 * | `RunResumed`, `HistoryGap` | nothing, if the text goes on where it was; else `error` |
 * | all others | nothing |
 */
export class PartWriter implements FrameWriter {
  readonly #run: AnswerRunFragment;
  #messageId: string | undefined;
  #hasStarted = false;
  #hasEnded = false;
  #open: { kind: Kind; id: string } | undefined;
  #count = 0;
  /** The text that the client has of this stream. */
  #sent = '';
  readonly #openCalls = new Set<string>();
  #isBehindTools = false;

  /** @param answerId The Relay id of the answer, if it is known before the run begins. */
  constructor(run: AnswerRunFragment, answerId?: string) {
    this.#run = run;
    this.#messageId = answerId === undefined ? undefined : writeMessageId(answerId);
  }

  frames(event: AnswerEventFragment | undefined, awaited: AwaitedCalls | undefined): string {
    if (this.#hasEnded) return '';
    if (event?.__typename === 'RunStarted') this.#messageId = writeMessageId(event.assistantMessageId);
    const start = this.#start(event);
    if (awaited) return start + (event && !isLast(event) ? this.#partsOf(event) : '') + this.#finish(awaited);
    return event ? start + this.#partsOf(event) : start;
  }

  failure({ error }: OpenAiFailure): string {
    return this.#close() + this.#last({ type: 'error', errorText: error.message });
  }

  #start(event: AnswerEventFragment | undefined): string {
    if (this.#hasStarted || (this.#messageId === undefined && event?.__typename === 'RunQueued')) return '';
    this.#hasStarted = true;
    const { session, databaseId } = this.#run;
    const messageMetadata = { sessionId: `conv_${session.databaseId}`, runId: databaseId };
    return (
      part({ type: 'start', messageId: this.#messageId, messageMetadata }) + part({ type: 'start-step' })
    );
  }

  #partsOf(event: AnswerEventFragment): string {
    if (isLast(event)) return this.#end(event);
    switch (event.__typename) {
      case 'TextDelta':
        return this.#write('text', event.text);
      case 'ReasoningDelta':
        return this.#write('reasoning', event.text);
      case 'ToolCallStarted':
        return event.byClient ? '' : this.#call(event, { providerExecuted: true, dynamic: true });
      case 'ClientToolRequested':
        return this.#call(event, {});
      case 'ToolApprovalRequested':
        return part({
          ...{ type: 'tool-approval-request', approvalId: this.#id(event) },
          toolCallId: this.#id(event),
        });
      case 'ToolCallFinished':
        return this.#result(event);
      case 'RunPaused': {
        const { limit, reason, until } = event;
        return this.#pause({ limit, reason, until, isOver: false });
      }
      case 'RunContinued':
        return this.#pause({ isOver: true });
      case 'RunResumed':
        return this.#catchUp(event.content);
      default:
        return '';
    }
  }

  /** The parts of one id replace each other in the message of the client. */
  #pause(data: object): string {
    return part({ type: 'data-paused', id: 'pause', data });
  }

  #id({ callId }: { callId: string }): string {
    return writeCallId(this.#run.databaseId, callId);
  }

  #write(kind: Kind, text: string): string {
    let before = '';
    if (this.#open?.kind !== kind) {
      before = this.#close() + this.#nextStep();
      this.#count += 1;
      this.#open = { kind, id: `${kind}_${this.#count}` };
      before += part({ type: `${kind}-start`, id: this.#open.id });
    }
    if (kind === 'text') this.#sent += text;
    return before + part({ type: `${kind}-delta`, id: this.#open?.id, delta: text });
  }

  #close(): string {
    const open = this.#open;
    this.#open = undefined;
    return open ? part({ type: `${open.kind}-end`, id: open.id }) : '';
  }

  #nextStep(): string {
    if (!this.#isBehindTools || this.#openCalls.size > 0) return '';
    this.#isBehindTools = false;
    return part({ type: 'finish-step' }) + part({ type: 'start-step' });
  }

  #call(event: { callId: string; name: string; args?: unknown }, how: object): string {
    // A run that was resumed tells its calls again.
    if (this.#openCalls.has(event.callId)) return '';
    const before = this.#close() + this.#nextStep();
    this.#openCalls.add(event.callId);
    const input = event.args ?? {};
    return (
      before +
      part({ type: 'tool-input-available', toolCallId: this.#id(event), toolName: event.name, input, ...how })
    );
  }

  #result(event: EventOf<'ToolCallFinished'>): string {
    this.#openCalls.delete(event.callId);
    this.#isBehindTools = true;
    const toolCallId = this.#id(event);
    if (event.status === 'SUCCEEDED') {
      return part({ type: 'tool-output-available', toolCallId, output: event.result });
    }
    if (event.status === 'DENIED') return part({ type: 'tool-output-denied', toolCallId });
    return part({ type: 'tool-output-error', toolCallId, errorText: event.result });
  }

  /** Sends what the client lacks of a text. What it has cannot be taken back. */
  #catchUp(whole: string): string {
    if (whole === this.#sent) return '';
    if (whole.startsWith(this.#sent)) return this.#write('text', whole.slice(this.#sent.length));
    const errorText = 'The answer went on without some of the text that was sent. Load it again.';
    return this.#close() + this.#last({ type: 'error', errorText });
  }

  #end(last: LastEvent): string {
    if (last.__typename === 'RunCompleted') return this.#finish(last);
    if (last.__typename === 'RunCancelled') {
      return this.#close() + this.#last({ type: 'abort', reason: 'The run was cancelled.' });
    }
    return this.failure(failureOf(last).body);
  }

  #finish(end: AwaitedCalls | EventOf<'RunCompleted'>): string {
    const rest = this.#catchUp(end.message?.content ?? this.#sent);
    if (this.#hasEnded) return rest;
    const finishReason = end.__typename === 'CallsAwaited' ? 'tool-calls' : finishReasons[end.finishReason];
    const messageMetadata = end.usage ? usageOf(end.usage) : undefined;
    return (
      rest +
      this.#close() +
      part({ type: 'finish-step' }) +
      this.#last({ type: 'finish', finishReason, messageMetadata })
    );
  }

  #last(body: object): string {
    this.#hasEnded = true;
    return part(body) + done;
  }
}

function part(body: object): string {
  return formatFrame({ data: writeJson(body) });
}

function usageOf(usage: AnswerUsageFragment) {
  const { inputTokens, outputTokens, totalTokens, reasoningTokens, cachedInputTokens } = usage;
  return {
    model: fullName(usage),
    usage: { inputTokens, outputTokens, totalTokens, reasoningTokens, cachedInputTokens },
  };
}
