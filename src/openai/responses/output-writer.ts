import { isLast } from '../../dialect/answer/last-event.ts';
import type { AnswerEventFragment } from '../../gql/graphql.ts';
import type { EventBody } from './event-body.ts';
import {
  type AskedCall,
  type CallItem,
  callItem,
  functionItem,
  messageItem,
  type OutputItem,
  type ResponseKey,
  reasoningItem,
  type ShownCall,
  textPart,
} from './output-items.ts';

type Kind = 'reasoning' | 'message';

/** The item that is being written. */
interface OpenItem {
  kind: Kind;
  at: number;
  id: string;
  text: string;
}

/** Tells a client of the items of an answer while they are written. */
export class OutputWriter {
  readonly #key: ResponseKey;
  readonly #items: OutputItem[] = [];
  readonly #calls = new Map<string, { at: number; call: ShownCall }>();
  #open: OpenItem | undefined;
  /** What was told, to see whether a run that was resumed goes on behind it. */
  #told: Record<Kind, string> = { reasoning: '', message: '' };
  /** Whether something is missing. Then only the last event tells the answer, as a whole. */
  #isBroken = false;

  constructor(key: ResponseKey) {
    this.#key = key;
  }

  /** The items, if the client was told all of them. */
  get items(): OutputItem[] | undefined {
    return this.#isBroken ? undefined : this.#items;
  }

  take(event: AnswerEventFragment): EventBody[] {
    if (this.#isBroken || isLast(event)) return [];
    switch (event.__typename) {
      case 'ReasoningDelta':
        return this.#write('reasoning', event.text);
      case 'TextDelta':
        return this.#write('message', event.text);
      case 'ToolCallStarted':
        return event.byClient ? [] : this.#startCall({ ...event, status: 'RUNNING' });
      case 'ClientToolRequested':
        return this.#handOver(event);
      case 'ToolCallFinished':
        return this.#endCall(event);
      case 'RunResumed':
        this.#isBroken = event.content !== this.#told.message || event.reasoning !== this.#told.reasoning;
        return [];
      case 'HistoryGap':
        this.#isBroken = true;
        return [];
      default:
        return [];
    }
  }

  /** Closes what is open at the end of the response. */
  close(status: 'completed' | 'incomplete'): EventBody[] {
    return this.#isBroken ? [] : this.#closeItem(status);
  }

  #write(kind: Kind, text: string): EventBody[] {
    const opened =
      this.#open?.kind === kind ? [] : [...this.#closeItem('completed'), ...this.#openItem(kind)];
    const open = this.#open;
    if (!open) return opened;
    open.text += text;
    this.#told[kind] += text;
    return [...opened, { ...deltaOf[kind], ...placeOf(open), delta: text }];
  }

  #openItem(kind: Kind): EventBody[] {
    const at = this.#items.length;
    const item = this.#itemOf({ kind, at, id: '', text: '' }, 'in_progress');
    this.#items.push(item);
    this.#open = { kind, at, id: item.id, text: '' };
    const added = { type: 'response.output_item.added', output_index: at, item };
    return [added, { type: partEvent[kind].added, ...placeOf(this.#open), part: partOf(kind, '') }];
  }

  #closeItem(status: 'completed' | 'incomplete'): EventBody[] {
    const open = this.#open;
    if (!open) return [];
    this.#open = undefined;
    const item = this.#itemOf(open, status);
    this.#items[open.at] = item;
    const { kind, text, at } = open;
    return [
      { ...doneOf[kind], ...placeOf(open), text },
      { type: partEvent[kind].done, ...placeOf(open), part: partOf(kind, text) },
      { type: 'response.output_item.done', output_index: at, item },
    ];
  }

  #itemOf({ kind, at, text }: OpenItem, status: 'in_progress' | 'completed' | 'incomplete'): OutputItem {
    const make = kind === 'reasoning' ? reasoningItem : messageItem;
    return make(this.#key, at, text, status);
  }

  #startCall(call: ShownCall): EventBody[] {
    // A run that was resumed tells its calls again.
    if (this.#calls.has(call.callId)) return [];
    const closed = this.#closeItem('completed');
    const at = this.#items.length;
    const item = callItem(this.#key, at, call);
    this.#items.push(item);
    this.#calls.set(call.callId, { at, call });
    const place = { output_index: at, item_id: item.id };
    return [
      ...closed,
      { type: 'response.output_item.added', output_index: at, item: { ...item, arguments: '' } },
      { type: 'response.mcp_call.in_progress', ...place },
      { type: 'response.mcp_call_arguments.delta', ...place, delta: item.arguments },
      { type: 'response.mcp_call_arguments.done', ...place, arguments: item.arguments },
    ];
  }

  /** A call that the client has to run is whole as soon as it is told. */
  #handOver(call: AskedCall): EventBody[] {
    const closed = this.#closeItem('completed');
    const at = this.#items.length;
    const item = functionItem(this.#key, at, call);
    this.#items.push(item);
    const place = { output_index: at, item_id: item.id };
    const { name, arguments: args } = item;
    const begun = { ...item, status: 'in_progress', arguments: '' };
    return [
      ...closed,
      { type: 'response.output_item.added', output_index: at, item: begun },
      { type: 'response.function_call_arguments.delta', ...place, delta: args },
      { type: 'response.function_call_arguments.done', ...place, name, arguments: args },
      { type: 'response.output_item.done', output_index: at, item },
    ];
  }

  #endCall({ callId, status, result }: Pick<ShownCall, 'callId' | 'status' | 'result'>): EventBody[] {
    const known = this.#calls.get(callId);
    if (!known) return [];
    const item: CallItem = callItem(this.#key, known.at, { ...known.call, status, result });
    this.#items[known.at] = item;
    const type = item.status === 'completed' ? 'response.mcp_call.completed' : 'response.mcp_call.failed';
    return [
      { type, output_index: known.at, item_id: item.id },
      { type: 'response.output_item.done', output_index: known.at, item },
    ];
  }
}

// Each item of reasoning has one summary, and each message one part.

function placeOf({ id, at, kind }: OpenItem) {
  const index = kind === 'reasoning' ? { summary_index: 0 } : { content_index: 0 };
  return { item_id: id, output_index: at, ...index };
}

function partOf(kind: Kind, text: string) {
  return kind === 'reasoning' ? { type: 'summary_text', text } : textPart(text);
}

const partEvent: Record<Kind, { added: string; done: string }> = {
  reasoning: { added: 'response.reasoning_summary_part.added', done: 'response.reasoning_summary_part.done' },
  message: { added: 'response.content_part.added', done: 'response.content_part.done' },
};

const deltaOf: Record<Kind, EventBody> = {
  reasoning: { type: 'response.reasoning_summary_text.delta' },
  message: { type: 'response.output_text.delta', logprobs: [] },
};

const doneOf: Record<Kind, EventBody> = {
  reasoning: { type: 'response.reasoning_summary_text.done' },
  message: { type: 'response.output_text.done', logprobs: [] },
};
