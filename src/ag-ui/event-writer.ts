import { writeJson } from '../base/long-integers.ts';
import type { OpenAiFailure } from '../base/openai-failure.ts';
import type { AwaitedCalls } from '../dialect/answer/awaited-calls.ts';
import { isOfClient } from '../dialect/answer/awaited-calls.ts';
import { isLast, type LastEvent } from '../dialect/answer/last-event.ts';
import { failureOf } from '../dialect/answer/run-failure.ts';
import type { FrameWriter } from '../dialect/answer/stream-answer.ts';
import { writeCallId } from '../dialect/route/call-ids.ts';
import { writeMessageId } from '../dialect/route/message-ids.ts';
import type { AnswerEventFragment, AnswerRunFragment, AnswerUsageFragment } from '../gql/graphql.ts';
import { formatFrame } from '../sse/frame.ts';

type Kind = 'text' | 'reasoning';
type EventOf<Type extends AnswerEventFragment['__typename']> = Extract<
  AnswerEventFragment,
  { __typename: Type }
>;

export interface EventWriterOptions {
  /** The ids that the client has given to the conversation and to this request. */
  threadId: string;
  runId: string;
  /** The Relay id of the answer, if it is known before the run begins. */
  answerId?: string;
  /** The step of the client's tools that the answer follows; 0: it follows no tools. */
  after: number;
}

/**
 * Writes run events as the events of AG-UI.
 *
 * | run event | events |
 * | --- | --- |
 * | the first one | `RUN_STARTED` with the ids of the client |
 * | `ReasoningDelta` | `REASONING_MESSAGE_CONTENT`, with the events that open and close the reasoning |
 * | `TextDelta` | `TEXT_MESSAGE_CONTENT`, with those that open and close the message |
 * | `ToolCallStarted` on a node, `ClientToolRequested` | `TOOL_CALL_START`, `TOOL_CALL_ARGS`, `TOOL_CALL_END` |
 * | `ToolCallFinished` | `TOOL_CALL_RESULT` |
 * | calls that the client runs | `RUN_FINISHED`, with the calls as `pendingToolCallIds` |
 * | calls that wait for an approval | `RUN_FINISHED` with the outcome `interrupt` |
 * | `RunCompleted` | `RUN_FINISHED` with the outcome `success`, and usage |
 * | `RunCancelled` | `RUN_FINISHED` with the outcome `cancelled` |
 * | `RunFailed` | `RUN_ERROR` |
 * | `RunResumed`, `HistoryGap` | nothing, if the text goes on where it was; else `RUN_ERROR` |
 * | all others | nothing |
 */
export class EventWriter implements FrameWriter {
  readonly #run: AnswerRunFragment;
  readonly #options: EventWriterOptions;
  #answerId: string | undefined;
  #hasStarted = false;
  #hasEnded = false;
  #open: { kind: Kind; id: string } | undefined;
  #messages = 0;
  /** The message that the next call belongs to. */
  #parentId: string | undefined;
  /** The text that the client has of this stream. */
  #sent = '';
  readonly #calls = new Set<string>();

  constructor(run: AnswerRunFragment, options: EventWriterOptions) {
    this.#run = run;
    this.#options = options;
    this.#answerId = options.answerId;
  }

  frames(event: AnswerEventFragment | undefined, awaited: AwaitedCalls | undefined): string {
    if (this.#hasEnded) return '';
    if (event?.__typename === 'RunStarted') this.#answerId = event.assistantMessageId;
    const start = this.#hasStarted ? '' : frame({ type: 'RUN_STARTED', ...this.#ids() });
    this.#hasStarted = true;
    if (awaited) return start + (event && !isLast(event) ? this.#framesOf(event) : '') + this.#ask(awaited);
    return event ? start + this.#framesOf(event) : start;
  }

  failure({ error: { message, code } }: OpenAiFailure): string {
    return this.#close() + this.#last({ type: 'RUN_ERROR', message, ...(code && { code }) });
  }

  #ids() {
    const { threadId, runId } = this.#options;
    return { threadId, runId };
  }

  #framesOf(event: AnswerEventFragment): string {
    if (isLast(event)) return this.#end(event);
    switch (event.__typename) {
      case 'TextDelta':
        return this.#write('text', event.text);
      case 'ReasoningDelta':
        return this.#write('reasoning', event.text);
      case 'ToolCallStarted':
        return event.byClient ? '' : this.#call(event);
      case 'ClientToolRequested':
        return this.#call(event);
      case 'ToolCallFinished':
        return this.#result(event);
      case 'RunResumed':
        return this.#catchUp(event.content);
      default:
        return '';
    }
  }

  #write(kind: Kind, text: string): string {
    if (text === '') return '';
    const before = this.#open?.kind === kind ? '' : this.#close() + this.#begin(kind);
    const type = kind === 'text' ? 'TEXT_MESSAGE_CONTENT' : 'REASONING_MESSAGE_CONTENT';
    if (kind === 'text') this.#sent += text;
    return before + frame({ type, messageId: this.#open?.id, delta: text });
  }

  #begin(kind: Kind): string {
    const id = this.#nextId();
    this.#open = { kind, id };
    this.#parentId = kind === 'text' ? id : undefined;
    if (kind === 'text') return frame({ type: 'TEXT_MESSAGE_START', messageId: id, role: 'assistant' });
    return (
      frame({ type: 'REASONING_START', messageId: id }) +
      frame({ type: 'REASONING_MESSAGE_START', messageId: id, role: 'reasoning' })
    );
  }

  /** Each message of the stream has an id that names the answer: `msg_12_2001` is the first behind the second step. */
  #nextId(): string {
    this.#messages += 1;
    const place = this.#options.after * 1_000 + this.#messages;
    return `${writeMessageId(this.#answerId ?? '')}_${place}`;
  }

  #close(): string {
    const open = this.#open;
    this.#open = undefined;
    if (!open) return '';
    if (open.kind === 'text') return frame({ type: 'TEXT_MESSAGE_END', messageId: open.id });
    return (
      frame({ type: 'REASONING_MESSAGE_END', messageId: open.id }) +
      frame({ type: 'REASONING_END', messageId: open.id })
    );
  }

  #id(callId: string): string {
    return writeCallId(this.#run.databaseId, callId);
  }

  #call({ callId, name, args }: { callId: string; name: string; args?: unknown }): string {
    // A run that was resumed tells its calls again.
    if (this.#calls.has(callId)) return '';
    this.#calls.add(callId);
    const toolCallId = this.#id(callId);
    this.#parentId ??= this.#nextId();
    const parentMessageId = this.#parentId;
    return (
      this.#close() +
      frame({ type: 'TOOL_CALL_START', toolCallId, toolCallName: name, parentMessageId }) +
      frame({
        ...{ type: 'TOOL_CALL_ARGS', toolCallId },
        delta: typeof args === 'string' ? args : writeJson(args ?? {}),
      }) +
      frame({ type: 'TOOL_CALL_END', toolCallId })
    );
  }

  #result({ callId, result }: EventOf<'ToolCallFinished'>): string {
    const toolCallId = this.#id(callId);
    const before = this.#close();
    this.#parentId = undefined;
    const messageId = this.#nextId();
    return before + frame({ type: 'TOOL_CALL_RESULT', messageId, toolCallId, content: result, role: 'tool' });
  }

  /** Sends what the client lacks of a text. What it has cannot be taken back. */
  #catchUp(whole: string): string {
    if (whole === this.#sent) return '';
    if (whole.startsWith(this.#sent)) return this.#write('text', whole.slice(this.#sent.length));
    const message = 'The answer went on without some of the text that was sent. Load it again.';
    return this.#close() + this.#last({ type: 'RUN_ERROR', message, code: 'stream_interrupted' });
  }

  #ask(awaited: AwaitedCalls): string {
    const rest = this.#catchUp(awaited.message.content);
    if (this.#hasEnded) return rest;
    const pending = awaited.calls.filter(isOfClient).map(({ callId }) => this.#id(callId));
    const asked = awaited.calls.filter((call) => !isOfClient(call));
    const interrupts = asked.map(({ callId, name, approvalExpiresAt }) => ({
      ...{ id: this.#id(callId), toolCallId: this.#id(callId), reason: 'tool_approval' },
      message: `May the tool ${name} run?`,
      responseSchema: approvalSchema,
      ...(approvalExpiresAt != null && { expiresAt: approvalExpiresAt }),
    }));
    const outcome =
      interrupts.length > 0
        ? { type: 'interrupt', interrupts }
        : { type: 'success', pendingToolCallIds: pending };
    return rest + this.#finish(outcome, awaited.usage);
  }

  #end(last: LastEvent): string {
    if (last.__typename === 'RunCancelled') return this.#finish({ type: 'cancelled' }, last.usage);
    if (last.__typename === 'RunFailed') return this.failure(failureOf(last).body);
    const rest = this.#catchUp(last.message?.content ?? this.#sent);
    return this.#hasEnded ? rest : rest + this.#finish({ type: 'success' }, last.usage);
  }

  #finish(outcome: object, usage: AnswerUsageFragment | null): string {
    const counted = usage ? { usage: [usageOf(usage)] } : {};
    return this.#close() + this.#last({ type: 'RUN_FINISHED', ...this.#ids(), outcome, ...counted });
  }

  #last(body: object): string {
    this.#hasEnded = true;
    return frame(body);
  }
}

/** What a client answers to a question whether a tool may run. */
const approvalSchema = {
  type: 'object',
  properties: { approved: { type: 'boolean' }, reason: { type: 'string' } },
  required: ['approved'],
};

function frame(body: object): string {
  return formatFrame({ data: writeJson(body) });
}

function usageOf(usage: AnswerUsageFragment) {
  const { providerName: provider, modelName: model, inputTokens, outputTokens, totalTokens } = usage;
  const { reasoningTokens, cachedInputTokens } = usage;
  return { provider, model, inputTokens, outputTokens, totalTokens, reasoningTokens, cachedInputTokens };
}
