import type { OpenAiFailure } from '../../base/openai-failure.ts';
import type { AnswerEventFragment, AnswerRunFragment } from '../../gql/graphql.ts';
import { formatFrame } from '../../sse/frame.ts';
import { isLast, type LastEvent } from '../answer/follow-answer.ts';
import { failureOf } from '../answer/run-failure.ts';
import type { FrameWriter } from '../answer/stream-answer.ts';
import { ApiError } from '../errors/api-error.ts';
import { finishReasonOf, headOf, usageJson } from './completion-json.ts';

const done = formatFrame({ data: '[DONE]' });

/**
 * Writes run events as the chunks of Chat Completions.
 *
 * | run event | chunk |
 * | --- | --- |
 * | the first one | `delta.role` |
 * | `ReasoningDelta` | `delta.reasoning_content`, as DeepSeek and many other servers write it |
 * | `TextDelta` | `delta.content` |
 * | `RunCompleted` | `finish_reason`; with `include_usage` a chunk with `usage`; `[DONE]` |
 * | `RunFailed`, `RunCancelled` | `error` |
 * | `RunResumed`, `HistoryGap` | nothing, if the text goes on where it was; else `error` |
 * | all others | nothing: a client would take a call of a tool on a node for one that it must answer |
 */
export class ChunkWriter implements FrameWriter {
  readonly #run: AnswerRunFragment;
  readonly #includeUsage: boolean;
  /** A chunk up to its delta, and behind it. A run has thousands of them, so they are written as text. */
  readonly #before: string;
  readonly #behind: string;
  #hasBegun = false;
  #hasEnded = false;
  /** The text that the client has. */
  #sent = '';

  constructor(run: AnswerRunFragment, { includeUsage }: { includeUsage: boolean }) {
    this.#run = run;
    this.#includeUsage = includeUsage;
    const head = JSON.stringify({ ...headOf(run), object: 'chat.completion.chunk' });
    this.#before = `data: ${head.slice(0, -1)},"choices":[{"index":0,"delta":{`;
    this.#behind = `},"logprobs":null,"finish_reason":null}]${includeUsage ? ',"usage":null' : ''}}\n\n`;
  }

  frames(event: AnswerEventFragment): string {
    if (this.#hasEnded) return '';
    const role = this.#hasBegun ? '' : this.#delta('"role":"assistant","content":"","refusal":null');
    this.#hasBegun = true;
    return role + this.#framesOf(event);
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
    if (last.__typename !== 'RunCompleted') return this.failure(failureOf(last).body);
    const rest = this.#catchUp(last.message?.content ?? this.#sent);
    if (this.#hasEnded) return rest;
    const choice = { index: 0, delta: {}, logprobs: null, finish_reason: finishReasonOf(last) };
    return rest + this.#chunk([choice], null) + this.#usage(last) + done;
  }

  #usage({ usage }: LastEvent): string {
    return this.#includeUsage ? this.#chunk([], usageJson(usage)) : '';
  }

  #chunk(choices: unknown[], usage: object | null): string {
    const shown = this.#includeUsage ? { usage } : {};
    return formatFrame({
      data: JSON.stringify({ ...headOf(this.#run), object: 'chat.completion.chunk', choices, ...shown }),
    });
  }
}

function takenBack(): ApiError {
  const message = 'The answer went on without some of the text that was sent. Ask for it again.';
  return new ApiError(500, message, { code: 'stream_interrupted' });
}
