import { type ErrorReport, errorIn, readErrorReport } from '../error-report.ts';
import { type Fields, fieldsOf, firstText, isFields, textOf } from '../fields.ts';
import type { WireFormat, WireReading } from '../wire-format.ts';
import { OutputItems } from './output-items.ts';
import { responsesUsageOf } from './responses-usage.ts';

/** A piece of the text of an item. */
interface ItemText {
  itemId: string;
  text: string;
  isRefusal: boolean;
}

/** OpenAI's Responses, as OpenAI and servers that imitate it send them. */
export class ResponsesFormat implements WireFormat {
  hasAnswer = false;
  isFinished = false;
  readonly #items = new OutputItems();
  #usage: object | undefined;
  /** The newest value for the package, if it was a text. */
  #newest: ItemText | undefined;

  /** Some servers end the body when all items are done, and send no last event. */
  get isWholeAtEnd(): boolean {
    return this.#items.areDone;
  }

  read(value: Fields, event: string | undefined): WireReading {
    if (Array.isArray(value['choices'])) return { values: [], failure: otherFormat };
    const type = typeOf(value, event);
    const response = type === 'response' ? value : fieldsOf(value['response']);
    this.#usage = responsesUsageOf(response['usage']) ?? this.#usage;
    if (type === 'failed' || isFailed(response)) return { values: [], failure: failureIn(value, response) };
    if (ends.has(type)) return { values: this.#end(response, type), isLast: type !== 'response' };
    const failure = errorIn(value, event);
    if (failure !== undefined) return { values: [], failure };
    const values = this.#readItem(type, value);
    if (values !== undefined || starts.has(type)) this.hasAnswer = true;
    return this.#withTexts(values ?? []);
  }

  /** Says which text the values have, and whether it only continues the text of the value before. */
  #withTexts(values: object[]): WireReading {
    if (values.length === 0) return { values };
    const texts = values.map((value) => textIn(fieldsOf(value)));
    const newest = texts.at(-1);
    const continues = values.length === 1 && newest?.itemId === this.#newest?.itemId;
    this.#newest = newest;
    const text = texts.reduce((sum, each) => sum + (each?.text.length ?? 0), 0);
    const more =
      continues && newest?.isRefusal === false ? ({ type: 'text', text: newest.text } as const) : undefined;
    return { values, characters: { text, reasoning: 0 }, more };
  }

  finish(): object[] {
    return this.isFinished ? [] : this.#end({}, 'completed');
  }

  failure({ message, signs }: ErrorReport): object {
    return { type: 'error', sequence_number: 0, error: { type: signs, message: message ?? '' } };
  }

  /** Undefined for an event of another type. */
  #readItem(type: string, event: Fields): object[] | undefined {
    const items = this.#items;
    const text = textOf(event['delta']) || textOf(fieldsOf(event['delta'])['text']);
    const whole = firstText(event['text'], event['refusal']);
    const part = event['content_index'];
    const section = event['summary_index'];
    switch (type) {
      case 'output_item.added':
        return items.added(event);
      case 'output_item.done':
        return items.done(event);
      case 'output_text.delta':
      case 'refusal.delta':
        return items.of('message', event, (item) => item.delta(partKind(type), part, text));
      case 'output_text.done':
      case 'refusal.done':
        return items.of('message', event, (item) => item.part(partKind(type), part, whole));
      case 'reasoning_summary_text.delta':
        return items.of('reasoning', event, (item) => item.delta('summary', section, text));
      case 'reasoning_summary_text.done':
        return items.of('reasoning', event, (item) => item.section('summary', section, whole));
      case 'reasoning_text.delta':
        return items.of('reasoning', event, (item) => item.delta('content', part, text));
      case 'reasoning_text.done':
        return items.of('reasoning', event, (item) => item.section('content', part, whole));
      case 'function_call_arguments.delta':
        return items.of('function_call', event, (item) => item.delta(text));
      case 'function_call_arguments.done':
        return items.of('function_call', event, (item) => item.whole(event));
      default:
        return undefined;
    }
  }

  #end(response: Fields, type: string): object[] {
    if (this.isFinished) return [];
    this.hasAnswer = true;
    this.isFinished = true;
    const isCut = type === 'incomplete' || response['status'] === 'incomplete';
    const repeated = this.#items.repeated(response['output']);
    const ended = {
      usage: this.#usage ?? null,
      incomplete_details: isCut ? { reason: reasonOf(response['incomplete_details']) } : null,
    };
    return [
      ...repeated,
      ...this.#items.close(isCut),
      { type: isCut ? 'response.incomplete' : 'response.completed', response: ended },
    ];
  }
}

/** `response` is the whole response in place of the stream, `done` an older name of `completed`. */
const ends: ReadonlySet<string> = new Set(['completed', 'incomplete', 'done', 'response']);

/** Events that only say that the answer begins. */
const starts: ReadonlySet<string> = new Set(['created', 'in_progress', 'queued']);

const otherFormat: ErrorReport = {
  message: 'It answered in the form of Chat Completions, and was asked for Responses.',
  signs: 'provider_bad_response',
};

/** The type of an event without its beginning `response.`, which some servers leave out. */
function typeOf(value: Fields, event: string | undefined): string {
  const type = firstText(value['type']) || (event ?? '');
  const isResponse = value['object'] === 'response' || Array.isArray(value['output']);
  return isResponse && type === '' ? 'response' : type.replace(/^response\./, '');
}

/** The text of a value for the package. */
function textIn({ type, item_id: itemId, delta }: Fields): ItemText | undefined {
  if (type !== 'response.output_text.delta' && type !== 'response.refusal.delta') return undefined;
  return { itemId: textOf(itemId), text: textOf(delta), isRefusal: type === 'response.refusal.delta' };
}

function partKind(type: string): 'output_text' | 'refusal' {
  return type.startsWith('refusal') ? 'refusal' : 'output_text';
}

function isFailed({ status, error }: Fields): boolean {
  const carriesError = isFields(error) ? Object.keys(error).length > 0 : Boolean(error);
  return status === 'failed' || status === 'cancelled' || carriesError;
}

/** The failure of a response. Without words and codes, the provider is failing. */
function failureIn(value: Fields, response: Fields): ErrorReport {
  const error = response['error'] ?? value['error'];
  const report = readErrorReport(error ?? { message: value['message'], detail: value['detail'] });
  return { ...report, signs: report.signs || 'provider_unavailable' };
}

/** Servers name the reason in many ways. An answer is mostly cut because it is too long. */
function reasonOf(details: unknown): string {
  const reason = firstText(details, fieldsOf(details)['reason']);
  return /filter|safety|policy/.test(reason) ? 'content_filter' : 'max_output_tokens';
}
