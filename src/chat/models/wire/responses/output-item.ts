import { randomUUID } from 'node:crypto';
import type { Fields } from '../fields.ts';

/** The items that the gateway asks for. Others, such as searches of the provider, are skipped. */
export type ItemKind = 'message' | 'reasoning' | 'function_call';

/** Where in the output an event says that it belongs; empty where it does not say so. */
export interface Place {
  id: string;
  index: string;
}

/**
 * One item of the output. Its methods take what the provider says of it, and return what the package is told: the item's
 * start, its deltas, and its end, each once.
 */
export abstract class OutputItem {
  abstract readonly kind: ItemKind;
  /** The index that the package is given: 0, 1, 2 … */
  readonly index: number;
  /** The id that the package is given. The next request repeats it. */
  readonly id: string;
  /** Some servers give an item another id in every event. */
  readonly wireIds = new Set<string>();
  wireIndex = '';
  /** Whether the provider has said that the item is complete. */
  isDone = false;
  #isClosed = false;

  /** @param id Empty where the provider sent none. OpenAI refuses one of another form, and Copilot sends such. */
  constructor(index: number, prefix: string, id: string) {
    this.index = index;
    const isAllowed = id.startsWith(`${prefix}_`) && /^[\w-]{4,64}$/.test(id);
    this.id = isAllowed ? id : `${prefix}_${randomUUID().replaceAll('-', '')}`;
  }

  /** Whether no event has said where the item belongs. */
  get isPlaceless(): boolean {
    return this.wireIndex === '' && this.wireIds.size === 0;
  }

  /** Whether a delta that does not say where it belongs may belong to this item. */
  get takesMore(): boolean {
    return !this.isDone;
  }

  /** Takes the item as it begins. */
  abstract start(item: Fields): object[];

  /** Takes the whole item, and ends it unless a part of it may still come with the end of the response. */
  done(item: Fields): object[] {
    if (this.#isClosed) return [];
    this.isDone = true;
    const values = this.readWhole(item);
    return this.isWhole ? [...values, ...this.close(false)] : values;
  }

  /**
   * Ends the item.
   *
   * @param isCut Whether the answer ended before it was complete.
   */
  close(isCut: boolean): object[] {
    if (this.#isClosed) return [];
    this.#isClosed = true;
    return this.end(isCut);
  }

  /** Whether nothing of the item is missing. Asked when it is done. */
  protected abstract get isWhole(): boolean;
  protected abstract readWhole(item: Fields): object[];
  protected abstract end(isCut: boolean): object[];

  protected event(name: 'added' | 'done', item: object): object {
    return {
      type: `response.output_item.${name}`,
      output_index: this.index,
      item: { type: this.kind, id: this.id, ...item },
    };
  }
}

/** What of the whole text has not been sent. Nothing where another text was sent, because it cannot be taken back. */
export function restOf(whole: string, sent: string): string {
  return whole.startsWith(sent) ? whole.slice(sent.length) : '';
}
