import { contentOf, reasoningOf, refusalOf } from './chat-content.ts';
import { chatUsageOf } from './chat-usage.ts';
import { type ErrorReport, errorIn } from './error-report.ts';
import { type Fields, fieldsOf, isFields, listOf, objectsOf, textOf } from './fields.ts';
import { endingOf } from './finish-reason.ts';
import type { Characters, MoreText } from './text-shortcut.ts';
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
  /** What the newest value for the package was, if it was nothing but text or reasoning. */
  #newest: MoreText['type'] | undefined;
  #hasDeltas = false;

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
      const values = [chunkOf(delta, isLast ? ownWord(finishReason) : null, usage)];
      const isText = !isLast && usage === undefined && failure === undefined;
      const more = this.#continuation(isText ? onlyTextOf(delta) : undefined);
      return { values, failure, more, characters: charactersOf(delta) };
    }
    return { values: usage === undefined ? [] : [{ choices: [], usage }], failure };
  }

  /** The text, if the values before were of the same type and nothing but text. */
  #continuation(text: MoreText | undefined): MoreText | undefined {
    const isSame = text?.type === this.#newest;
    this.#newest = text?.type;
    return isSame ? text : undefined;
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
    for (const choice of objectsOf(choices)) {
      const index = textOf(choice['index']);
      if (index === '') return choice;
      this.#choice ??= index;
      if (index === this.#choice) return choice;
    }
    return {};
  }

  /** The fields of the delta that the package reads. An answer in one document has a `message` instead. */
  #readDelta(choice: Fields): Fields {
    const source = this.#sourceOf(choice);
    const delta: Fields = {};
    const reasoning = reasoningOf(source);
    const calls = this.#readCalls(source);
    // A server that sends the reasoning apart does not write tags: they are the model's text.
    if (reasoning !== '') {
      this.#append(delta, this.#tags?.end());
      this.#append(delta, { reasoning, text: '' });
    }
    this.#append(delta, this.#divide(contentOf(source)));
    const refusal = refusalOf(source);
    if (refusal !== '') delta['refusal'] = refusal;
    if (calls.length > 0) {
      this.#append(delta, this.#tags?.end());
      delta['tool_calls'] = calls;
    }
    return delta;
  }

  /** Some servers send the whole message once more behind its deltas. */
  #sourceOf({ delta, message, text }: Fields): Fields {
    if (isFields(delta)) {
      this.#hasDeltas = true;
      return delta;
    }
    return this.#hasDeltas ? {} : fieldsOf(message ?? { content: text });
  }

  #readCalls(source: Fields): object[] {
    const { tool_calls: calls, function_call: only } = source;
    const fragments = [...objectsOf(calls), ...objectsOf(only)];
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

/** The text of a delta that has nothing else. */
function onlyTextOf({ content, reasoning_content: reasoning, ...others }: Fields): MoreText | undefined {
  if (Object.keys(others).length > 0 || (content === undefined) === (reasoning === undefined))
    return undefined;
  return content === undefined
    ? { type: 'reasoning', text: textOf(reasoning) }
    : { type: 'text', text: textOf(content) };
}

function charactersOf({ content, reasoning_content: reasoning, refusal }: Fields): Characters {
  return { text: textOf(content).length + textOf(refusal).length, reasoning: textOf(reasoning).length };
}

function chunkOf(delta: Fields, finishReason: string | null, usage?: object): object {
  const choices = [{ index: 0, delta, finish_reason: finishReason }];
  return usage === undefined ? { choices } : { choices, usage };
}

/** OpenRouter ends an answer whose provider failed with the finish reason `error`, others with a word that says more. */
function failureOf(finishReason: string): ErrorReport | undefined {
  if (endingOf(finishReason) !== 'failure') return undefined;
  const word = finishReason.toLowerCase();
  return { message: word === 'error' ? undefined : word, signs: 'provider_unavailable' };
}

const ownWords = { whole: 'stop', length: 'length', filter: 'content_filter', failure: 'error' };

function ownWord(finishReason: string): string {
  const ending = endingOf(finishReason);
  return ending === undefined ? finishReason : ownWords[ending];
}
