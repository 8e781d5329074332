import { JsonScan } from '../../../../base/json-scan.ts';
import { type Fields, firstText, textOf } from '../fields.ts';
import { argumentsOf, hasNoArguments, unnamedTool } from '../tool-call-fragments.ts';
import { OutputItem } from './output-item.ts';

/** A tool call. It is reported when all of its arguments are there, and at the latest when the response ends. */
export class CallItem extends OutputItem {
  readonly kind = 'function_call';
  callId = '';
  #name = '';
  /** The arguments as the deltas sent them, and as a whole. */
  #streamed = '';
  readonly #scan = new JsonScan();
  readonly #whole: string[] = [];
  #hasStarted = false;
  /** Whether the provider says that it did not finish the call. */
  #isIncomplete = false;

  constructor(index: number, id: string) {
    super(index, 'fc', id);
  }

  override get takesMore(): boolean {
    return super.takesMore && !this.#scan.isComplete;
  }

  start(item: Fields): object[] {
    this.#read(item);
    return this.#begin();
  }

  delta(json: string): object[] {
    if (json === '' || this.isDone) return [];
    this.#streamed += json;
    this.#scan.add(json);
    return this.#hasStarted ? [this.#delta(json)] : [];
  }

  /** Takes the whole arguments. Servers that do not stream them send no deltas. */
  whole(event: Fields): object[] {
    return this.start(event);
  }

  /** Whether this is the call of an item that names neither its id nor its place. */
  isSame(item: Fields): boolean {
    const name = firstText(item['name']).trim();
    return name === this.#name && (!this.isDone || argumentsOf(item['arguments']) === this.#arguments);
  }

  protected get isWhole(): boolean {
    return isComplete(this.#arguments) && !this.#isIncomplete;
  }

  protected readWhole(item: Fields): object[] {
    this.#isIncomplete = item['status'] === 'incomplete';
    return this.start(item);
  }

  protected end(isCut: boolean): object[] {
    this.#name ||= unnamedTool;
    const started = this.#begin();
    const args = this.#arguments;
    const mayLack = isCut || this.#isIncomplete || !this.isDone;
    const item = {
      call_id: this.callId || `call_${this.index}`,
      name: this.#name,
      // What is no JSON is refused: the call must not run without the arguments that never came.
      arguments: mayLack && hasNoArguments(args) ? '{' : args,
      status: 'completed',
    };
    return [...started, this.event('done', item)];
  }

  /**
   * The arguments that are complete, of what came at the end, before it, and in pieces. Some servers leave them out at the
   * end, or send `{}` there.
   */
  get #arguments(): string {
    const all = [...this.#whole.toReversed(), this.#streamed].filter((each) => !hasNoArguments(each));
    return all.find(isComplete) ?? all[0] ?? this.#whole.at(-1) ?? this.#streamed;
  }

  #read(item: Fields): void {
    this.callId ||= textOf(item['call_id']).trim();
    this.#name ||= firstText(item['name']).trim();
    const args = argumentsOf(item['arguments'] ?? item['input']);
    if (args !== '') this.#whole.push(args);
  }

  #begin(): object[] {
    if (this.#hasStarted || this.#name === '') return [];
    this.#hasStarted = true;
    this.callId ||= `call_${this.index}`;
    const item = { call_id: this.callId, name: this.#name, arguments: '' };
    return [this.event('added', item), ...(this.#streamed === '' ? [] : [this.#delta(this.#streamed)])];
  }

  #delta(delta: string): object {
    return {
      type: 'response.function_call_arguments.delta',
      item_id: this.id,
      output_index: this.index,
      delta,
    };
  }
}

function isComplete(args: string): boolean {
  const scan = new JsonScan();
  scan.add(args);
  return scan.isComplete;
}
