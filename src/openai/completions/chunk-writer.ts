import type { OpenAiFailure } from '../../base/openai-failure.ts';
import type { AwaitedCalls } from '../../dialect/answer/awaited-calls.ts';
import { isLast, type LastEvent } from '../../dialect/answer/last-event.ts';
import { failureOf } from '../../dialect/answer/run-failure.ts';
import type { FrameWriter } from '../../dialect/answer/stream-answer.ts';
import { ApiError } from '../../dialect/errors/api-error.ts';
import type { AnswerEventFragment, AnswerRunFragment } from '../../gql/graphql.ts';
import { formatFrame } from '../../sse/frame.ts';
import { callsJson, finishReasonOf, headOf, usageJson, type WholeAnswer } from './completion-json.ts';

const done = formatFrame({ data: '[DONE]' });

/**
 * Writes run events as the chunks of Chat Completions.
 *
 * | run event | chunk |
 * | --- | --- |
 * | the first one | `delta.role` |
 * | `ReasoningDelta` | `delta.reasoning_content`, as DeepSeek and many other servers write it |
 * | `TextDelta` | `delta.content` |
 * | calls that the client has to run | `delta.tool_calls`, each call as a whole, and the end with `finish_reason: "tool_calls"` |
 * | `RunCompleted` | `finish_reason`; with `include_usage` a chunk with `usage`; `[DONE]` |
 * | `RunFailed`, `RunCancelled` | `error` |
 * | `RunResumed`, `HistoryGap` | nothing, if the text goes on where it was; else `error` |
 * | all others | nothing: a client would take a call of a tool on a node for one that it must answer |
 */
export class ChunkWriter implements FrameWriter {
  readonly #run: AnswerRunFragment;
  readonly #includeUsage: boolean;
  readonly #after: number;
  /** A chunk up to its delta, and behind it. A run has thousands of them, so they are written as text. */
  readonly #before: string;
  readonly #behind: string;
  #hasBegun = false;
  #hasEnded = false;
  /** The text that the client has. */
  #sent = '';

  /** @param options `after`: the step of the client's tools that the answer follows; 0: it follows no tools. */
  constructor(run: AnswerRunFragment, { includeUsage, after }: { includeUsage: boolean; after: number }) {
    this.#run = run;
    this.#includeUsage = includeUsage;
    this.#after = after;
    const head = JSON.stringify({ ...headOf(run, after), object: 'chat.completion.chunk' });
    this.#before = `data: ${head.slice(0, -1)},"choices":[{"index":0,"delta":{`;
    this.#behind = `},"logprobs":null,"finish_reason":null}]${includeUsage ? ',"usage":null' : ''}}\n\n`;
  }

  frames(event: AnswerEventFragment | undefined, awaited: AwaitedCalls | undefined): string {
    if (this.#hasEnded) return '';
    const role = this.#hasBegun ? '' : this.#delta('"role":"assistant","content":"","refusal":null');
    this.#hasBegun = true;
    if (awaited) return role + this.#endWith(awaited);
    return event ? role + this.#framesOf(event) : role;
  }

  failure(failure: OpenAiFailure): string {
    this.#hasEnded = true;
    return formatFrame({ data: JSON.stringify(failure) });
  }

  #framesOf(event: AnswerEventFragment): string {
    if (isLast(event)) return this.#end(event);
    switch (event.__typename) {
      case 'TextDelta':
        return this.#text(event.text);
      case 'ReasoningDelta':
        return this.#delta(`"reasoning_content":${JSON.stringify(event.text)}`);
      case 'RunResumed':
        return this.#catchUp(event.content);
      default:
        return '';
    }
  }

  #delta(fields: string): string {
    return this.#before + fields + this.#behind;
  }

  #text(text: string): string {
    this.#sent += text;
    return this.#delta(`"content":${JSON.stringify(text)}`);
  }

  /** Sends what the client lacks of a text. What it has cannot be taken back. */
  #catchUp(whole: string): string {
    if (whole === this.#sent) return '';
    if (whole.startsWith(this.#sent)) return this.#text(whole.slice(this.#sent.length));
    return this.failure(takenBack().body);
  }

  #end(last: LastEvent): string {
    return last.__typename === 'RunCompleted' ? this.#endWith(last) : this.failure(failureOf(last).body);
  }

  #endWith(end: WholeAnswer): string {
    const rest = this.#catchUp(end.message?.content ?? this.#sent);
    if (this.#hasEnded) return rest;
    const calls = end.__typename === 'CallsAwaited' ? callsJson(this.#run, end) : [];
    const deltas = calls.map((call, index) =>
      this.#delta(`"tool_calls":[${JSON.stringify({ index, ...call })}]`),
    );
    const choice = { index: 0, delta: {}, logprobs: null, finish_reason: finishReasonOf(end) };
    return rest + deltas.join('') + this.#chunk([choice], null) + this.#usage(end) + done;
  }

  #usage({ usage }: WholeAnswer): string {
    return this.#includeUsage && usage ? this.#chunk([], usageJson(usage)) : '';
  }

  #chunk(choices: unknown[], usage: object | null): string {
    const shown = this.#includeUsage ? { usage } : {};
    return formatFrame({
      data: JSON.stringify({
        ...headOf(this.#run, this.#after),
        object: 'chat.completion.chunk',
        choices,
        ...shown,
      }),
    });
  }
}

function takenBack(): ApiError {
  const message = 'The answer went on without some of the text that was sent. Ask for it again.';
  return new ApiError(500, message, { code: 'stream_interrupted' });
}
