import { type Fields, fieldsOf, firstText, listOf, textOf } from '../fields.ts';
import { OutputItem, restOf } from './output-item.ts';

type PartKind = 'output_text' | 'refusal';

const phases: readonly string[] = ['commentary', 'final_answer'];

/** A message: text, or a refusal. */
export class MessageItem extends OutputItem {
  readonly kind = 'message';
  protected readonly isWhole = true;
  #sent = '';
  /** What was sent of each part of the content. */
  readonly #sentParts = new Map<string, string>();
  #phase: object = {};

  constructor(index: number, id: string) {
    super(index, 'msg', id);
  }

  start(item: Fields): object[] {
    this.#readPhase(item);
    return [this.event('added', this.#phase)];
  }

  delta(kind: PartKind, part: unknown, text: string): object[] {
    if (text === '' || this.isDone) return [];
    const key = keyOf(part);
    this.#sentParts.set(key, (this.#sentParts.get(key) ?? '') + text);
    return this.#send(kind, text);
  }

  /** Takes the whole text of one part. Servers that do not stream send it alone. */
  part(kind: PartKind, part: unknown, text: string): object[] {
    // The deltas may have named another part.
    if (this.#sent.endsWith(text)) return [];
    return this.delta(kind, part, restOf(text, this.#sentParts.get(keyOf(part)) ?? ''));
  }

  protected readWhole(item: Fields): object[] {
    this.#readPhase(item);
    const parts = partsOf(item['content']);
    let skipped = this.#sent;
    if (
      !parts
        .map(({ text }) => text)
        .join('')
        .startsWith(skipped)
    )
      return [];
    return parts.flatMap(({ kind, text }) => {
      const rest = text.slice(skipped.length);
      skipped = skipped.slice(text.length);
      return rest === '' ? [] : this.#send(kind, rest);
    });
  }

  protected end(): object[] {
    return [this.event('done', this.#phase)];
  }

  #send(kind: PartKind, delta: string): object[] {
    this.#sent += delta;
    return [{ type: `response.${kind}.delta`, item_id: this.id, delta }];
  }

  /** OpenAI asks to repeat it: whether the text is a comment on the way or the answer. */
  #readPhase({ phase }: Fields): void {
    if (typeof phase === 'string' && phases.includes(phase)) this.#phase = { phase };
  }
}

function keyOf(part: unknown): string {
  return textOf(part) || '0';
}

/** The content of a message: a list of parts, or only its text. */
function partsOf(content: unknown): { kind: PartKind; text: string }[] {
  if (typeof content === 'string') return [{ kind: 'output_text', text: content }];
  return listOf(content).map((each) => {
    if (typeof each === 'string') return { kind: 'output_text', text: each };
    const { text, refusal } = fieldsOf(each);
    const refused = firstText(refusal);
    return refused === '' ? { kind: 'output_text', text: textOf(text) } : { kind: 'refusal', text: refused };
  });
}
