import { type Fields, fieldsOf, firstText, listOf, textOf } from '../fields.ts';
import { OutputItem, restOf } from './output-item.ts';

/** OpenAI sums the reasoning up in sections. Servers with open models send the reasoning itself, or both. */
export type ReasoningSource = 'summary' | 'content';

interface Section {
  wireIndex: string;
  sent: string;
}

/** Reasoning, in sections. */
export class ReasoningItem extends OutputItem {
  readonly kind = 'reasoning';
  /** The first source with a text is shown: the other one says the same once more. */
  #source: ReasoningSource | undefined;
  readonly #sections: Section[] = [];
  #encrypted = '';

  constructor(index: number, id: string) {
    super(index, 'rs', id);
  }

  /** What is encrypted before the item is done is not complete, and OpenAI would refuse it. */
  start(): object[] {
    return [this.event('added', { encrypted_content: null })];
  }

  delta(source: ReasoningSource, wireIndex: unknown, text: string): object[] {
    if (text === '' || this.isDone || (this.#source ?? source) !== source) return [];
    return this.#send(source, textOf(wireIndex) || '0', text);
  }

  /** Takes the whole text of one section. */
  section(source: ReasoningSource, wireIndex: unknown, text: string): object[] {
    const key = textOf(wireIndex) || '0';
    const sent = this.#sections.find((each) => each.wireIndex === key)?.sent ?? '';
    return this.delta(source, key, restOf(text, sent));
  }

  /** Some servers send the encrypted reasoning only with the end of the response. */
  protected get isWhole(): boolean {
    return this.#encrypted !== '';
  }

  protected readWhole(item: Fields): object[] {
    this.#encrypted = firstText(item['encrypted_content']);
    const summary = textsOf(item['summary']);
    const source = this.#source ?? (summary.join('') === '' ? 'content' : 'summary');
    const texts = source === 'summary' ? summary : textsOf(item['content']);
    return texts.flatMap((text, index) => {
      const rest = restOf(text, this.#sections[index]?.sent ?? '');
      return rest === ''
        ? []
        : this.#send(source, this.#sections[index]?.wireIndex ?? `whole ${index}`, rest);
    });
  }

  protected end(): object[] {
    return [this.event('done', { encrypted_content: this.#encrypted || null })];
  }

  #send(source: ReasoningSource, wireIndex: string, delta: string): object[] {
    this.#source = source;
    let at = this.#sections.findIndex((each) => each.wireIndex === wireIndex);
    const isNew = at === -1;
    if (isNew) at = this.#sections.push({ wireIndex, sent: '' }) - 1;
    const section = this.#sections[at];
    if (section !== undefined) section.sent += delta;
    const text = this.#event('text.delta', at, { delta });
    // The package begins the first section with the item.
    if (!isNew || at === 0) return [text];
    return [this.#event('part.done', at - 1), this.#event('part.added', at), text];
  }

  #event(name: string, index: number, fields: object = {}): object {
    return {
      type: `response.reasoning_summary_${name}`,
      item_id: this.id,
      summary_index: index,
      ...fields,
    };
  }
}

function textsOf(sections: unknown): string[] {
  if (typeof sections === 'string') return [sections];
  return listOf(sections).map((each) => textOf(each) || textOf(fieldsOf(each)['text']));
}
