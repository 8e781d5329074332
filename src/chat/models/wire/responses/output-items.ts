import { type Fields, fieldsOf, firstText, listOf, textOf } from '../fields.ts';
import { CallItem } from './call-item.ts';
import { MessageItem } from './message-item.ts';
import type { ItemKind, OutputItem, Place } from './output-item.ts';
import { ReasoningItem } from './reasoning-item.ts';

interface ItemOf {
  message: MessageItem;
  reasoning: ReasoningItem;
  function_call: CallItem;
}

/**
 * The items of a response. Finds out to which one an event belongs: by its id, by its index, or else the newest that is
 * not done. Servers leave out ids and indexes, change them from event to event, and use one for several items.
 */
export class OutputItems {
  readonly #items: OutputItem[] = [];

  /** Whether every item is done, and the answer may end here. Reasoning is followed by more. */
  get areDone(): boolean {
    const last = this.#items.at(-1);
    return last !== undefined && last.kind !== 'reasoning' && this.#items.every(({ isDone }) => isDone);
  }

  added(event: Fields): object[] {
    const item = fieldsOf(event['item']);
    const kind = kindOf(item);
    if (kind === undefined) return [];
    const place = placeOf(event, item);
    return this.#hasBegun(kind, place) ? [] : this.#begin(kind, place, item).values;
  }

  done(event: Fields): object[] {
    const item = fieldsOf(event['item']);
    const kind = kindOf(item);
    if (kind === undefined) return [];
    const place = placeOf(event, item);
    const known = this.#callOf(item) ?? this.#find(kind, place);
    if (known !== undefined) return known.done(item);
    const begun = this.#begin(kind, place, item);
    return [...begun.values, ...begun.item.done(item)];
  }

  /** Takes the output as the end of the response repeats it. It is all that servers send which do not stream. */
  repeated(output: unknown): object[] {
    const seen: Record<ItemKind, number> = { message: 0, reasoning: 0, function_call: 0 };
    const known = [...this.#items];
    return listOf(output).flatMap((each) => {
      const item = fieldsOf(each);
      const kind = kindOf(item);
      if (kind === undefined) return [];
      const place = { id: textOf(item['id']), index: '' };
      const nth = known.filter((other) => other.kind === kind)[seen[kind]++];
      const isSame = nth !== undefined && (!(nth instanceof CallItem) || nth.isSame(item));
      const found = this.#byId(kind, place.id) ?? this.#callOf(item) ?? (isSame ? nth : undefined);
      if (found !== undefined) return found.done(item);
      const begun = this.#begin(kind, place, item);
      return [...begun.values, ...begun.item.done(item)];
    });
  }

  /** Calls the function with the item that an event belongs to, which begins with it if it is not known yet. */
  of<Kind extends ItemKind>(kind: Kind, event: Fields, tell: (item: ItemOf[Kind]) => object[]): object[] {
    const place = placeOf(event, {});
    const found = this.#find(kind, place, 'delta' in event);
    const { item, values } = found ? { item: found, values: [] } : this.#begin(kind, place, {});
    return [...values, ...tell(item as ItemOf[Kind])];
  }

  close(isCut: boolean): object[] {
    return this.#items.flatMap((item) => item.close(isCut));
  }

  #begin(kind: ItemKind, place: Place, content: Fields): { item: OutputItem; values: object[] } {
    const isTaken = this.#items.some(({ id }) => id === place.id);
    const item = create(kind, this.#items.length, isTaken ? '' : place.id);
    this.#items.push(item);
    note(item, place);
    return { item, values: item.start(content) };
  }

  /** Whether the item that begins has begun before. Some servers use one id, or one index, for all items. */
  #hasBegun(kind: ItemKind, { id, index }: Place): boolean {
    const sameId = this.#byId(kind, id);
    if (sameId !== undefined) return index === '' || sameId.wireIndex === '' || sameId.wireIndex === index;
    return id === '' && index !== '' && this.#byIndex(kind, index) !== undefined;
  }

  #find(kind: ItemKind, place: Place, isDelta = false): OutputItem | undefined {
    const { id, index } = place;
    const open = (item: OutputItem) => item.kind === kind && (isDelta ? item.takesMore : !item.isDone);
    const newest = () => this.#items.findLast(open);
    // Its deltas may have come without a place.
    const placeless = () => this.#items.findLast((item) => open(item) && item.isPlaceless);
    const found =
      this.#byId(kind, id) ?? (index === '' ? newest() : (this.#byIndex(kind, index) ?? placeless()));
    if (found !== undefined) note(found, place);
    return found;
  }

  #byIndex(kind: ItemKind, index: string): OutputItem | undefined {
    return this.#items.findLast((item) => item.kind === kind && item.wireIndex === index && !item.isDone);
  }

  #byId(kind: ItemKind, id: string): OutputItem | undefined {
    return id === '' ? undefined : this.#items.findLast((item) => item.kind === kind && item.wireIds.has(id));
  }

  #callOf(item: Fields): CallItem | undefined {
    const callId = textOf(item['call_id']).trim();
    const calls = this.#items.filter((each) => each instanceof CallItem);
    return callId === '' ? undefined : calls.find((call) => call.callId === callId && call.isSame(item));
  }
}

function kindOf(item: Fields): ItemKind | undefined {
  const type = firstText(item['type']).replace(/^custom_tool_call$/, 'function_call');
  return type === 'message' || type === 'reasoning' || type === 'function_call' ? type : undefined;
}

function placeOf(event: Fields, item: Fields): Place {
  return { id: textOf(item['id']) || textOf(event['item_id']), index: textOf(event['output_index']) };
}

function note(item: OutputItem, { id, index }: Place): void {
  if (id !== '') item.wireIds.add(id);
  item.wireIndex ||= index;
}

function create(kind: ItemKind, index: number, id: string): OutputItem {
  if (kind === 'message') return new MessageItem(index, id);
  return kind === 'reasoning' ? new ReasoningItem(index, id) : new CallItem(index, id);
}
