import { contentOf, reasoningOf } from './chat-content.ts';
import { chatUsageOf } from './chat-usage.ts';
import { type ErrorReport, errorIn } from './error-report.ts';
import { type Fields, fieldsOf, listOf, textOf } from './fields.ts';
import { type DividedText, ThinkTags } from './think-tags.ts';
import { ToolCallFragments } from './tool-call-fragments.ts';
import type { WireFormat, WireReading } from './wire-format.ts';

/** OpenAI's Chat Completions, as many servers imitate it. */
export class ChatFormat implements WireFormat {
  hasAnswer = false;
  isFinished = false;
  readonly #calls = new ToolCallFragments();
  readonly #tags: ThinkTags | undefined;
  #choice: string | undefined;

  /** @param options.thinkTags Whether text within `<think>` is reasoning. */
  constructor({ thinkTags }: { thinkTags: boolean }) {
    this.#tags = thinkTags ? new ThinkTags() : undefined;
  }

  read(chunk: Fields, event: string | undefined): WireReading {
    const choice = this.#choose(chunk['choices']);
    const finishReason = textOf(choice['finish_reason']);
    const failure = errorIn(chunk, event) ?? errorIn(choice, undefined) ?? failureOf(finishReason);
    const usage = chatUsageOf(chunk, choice);
    if ('choices' in chunk || usage !== undefined) this.hasAnswer = true;
    const delta = this.#readDelta(choice);
    const isLast = finishReason !== '' && failure === undefined;
    if (isLast) this.#end(delta);
    this.isFinished ||= isLast;
    if (isLast || Object.keys(delta).length > 0) {
      return { values: [chunkOf(delta, isLast ? finishReason : null, usage)], failure };
    }
    return { values: usage === undefined ? [] : [{ choices: [], usage }], failure };
  }

  finish(): object[] {
    if (this.isFinished) return [];
    this.isFinished = true;
    const delta: Fields = {};
    this.#end(delta);
    return [chunkOf(delta, this.#calls.isEmpty ? 'stop' : 'tool_calls')];
  }

  failure({ message, signs }: ErrorReport): object {
    return { error: { message: message ?? '', type: signs } };
  }

  /** The first choice. Further ones are other answers to the same prompt, which the gateway does not ask for. */
  #choose(choices: unknown): Fields {
    for (const each of listOf(choices)) {
      const choice = fieldsOf(each);
      const index = textOf(choice['index']);
      if (index === '') return choice;
      this.#choice ??= index;
      if (index === this.#choice) return choice;
    }
    return {};
  }

  /** The fields of the delta that the package reads. An answer in one document has a `message` instead. */
  #readDelta(choice: Fields): Fields {
    const source = fieldsOf(choice['delta'] ?? choice['message'] ?? { content: choice['text'] });
    const delta: Fields = {};
    const reasoning = reasoningOf(source);
    const calls = this.#readCalls(source);
    // A server that sends the reasoning apart does not write tags: they are the model's text.
    if (reasoning !== '') {
      this.#append(delta, this.#tags?.end());
      this.#append(delta, { reasoning, text: '' });
    }
    this.#append(delta, this.#divide(contentOf(source)));
    if (typeof source['refusal'] === 'string' && source['refusal'] !== '')
      delta['refusal'] = source['refusal'];
    if (calls.length > 0) {
      this.#append(delta, this.#tags?.end());
      delta['tool_calls'] = calls;
    }
    return delta;
  }

  #readCalls(source: Fields): object[] {
    const { tool_calls: calls, function_call: only } = source;
    const fragments = [...listOf(calls), ...(only ? [only] : [])];
    return fragments.map((each) => this.#calls.read(each)).filter((each) => each !== undefined);
  }

  #divide(text: string): DividedText {
    return text === '' || this.#tags === undefined ? { reasoning: '', text } : this.#tags.read(text);
  }

  #append(delta: Fields, divided: DividedText | undefined): void {
    const reasoning = textOf(delta['reasoning_content']) + (divided?.reasoning ?? '');
    const text = textOf(delta['content']) + (divided?.text ?? '');
    if (reasoning !== '') delta['reasoning_content'] = reasoning;
    if (text !== '') delta['content'] = text;
  }

  /** Adds what was held back until the end of the answer. */
  #end(delta: Fields): void {
    this.#append(delta, this.#tags?.end());
    const calls = this.#calls.end();
    if (calls.length > 0) delta['tool_calls'] = [...listOf(delta['tool_calls']), ...calls];
  }
}

function chunkOf(delta: Fields, finishReason: string | null, usage?: object): object {
  const choices = [{ index: 0, delta, finish_reason: finishReason }];
  return usage === undefined ? { choices } : { choices, usage };
}

/** OpenRouter ends an answer whose provider failed with the finish reason `error`. */
function failureOf(finishReason: string): ErrorReport | undefined {
  return finishReason === 'error' ? { message: undefined, signs: 'provider_unavailable' } : undefined;
}
