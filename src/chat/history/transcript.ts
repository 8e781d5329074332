import type {
  LanguageModelV3StreamPart,
  LanguageModelV3ToolCall,
  SharedV3ProviderMetadata,
} from '@ai-sdk/provider';
import { hasNoArguments } from '../models/wire/tool-call-fragments.ts';
import type { StepPart, StoredPart } from './answer-step.ts';
import { parseArgs } from './parse-args.ts';
import { nineCharacters } from './wire-names.ts';

/** A tool call as the model wrote it. `input` should be a JSON object, but models make mistakes; see parse-args.ts. */
export interface RequestedCall {
  callId: string;
  name: string;
  input: string;
  /** Whether the response ended before the arguments were complete. Such a call must not run. */
  isCut: boolean;
}

type TextType = 'text' | 'reasoning';
type Recorded =
  | {
      type: TextType;
      id: string;
      text: string;
      start: number;
      metadata: SharedV3ProviderMetadata | undefined;
    }
  | (StepPart & { type: 'call' });

/** Where the next text and the next reasoning of an answer begin, in UTF-16 code units of the whole answer. */
export interface Offsets {
  text: number;
  reasoning: number;
}

/** Records the output of one model call: what the next request repeats, and what the database keeps of it. */
export class Transcript {
  readonly calls: RequestedCall[] = [];
  readonly #recorded: Recorded[] = [];
  readonly #callIds: Set<string>;
  readonly #offsets: Offsets;

  /**
   * @param callIds The call ids of the answer so far. Some servers use the same ids again in every step.
   * @param offsets The end of the answer so far.
   */
  constructor(callIds: Set<string>, offsets: Offsets = { text: 0, reasoning: 0 }) {
    this.#callIds = callIds;
    this.#offsets = { ...offsets };
  }

  /** The output in order. The calls have no results yet. */
  get parts(): StepPart[] {
    return this.#recorded.map((part) =>
      part.type === 'call' ? part : { type: part.type, text: part.text, metadata: part.metadata },
    );
  }

  /** The output as the database keeps it, without texts. */
  get stored(): StoredPart[] {
    return this.#recorded.map((part): StoredPart => {
      const metadata = part.metadata && { metadata: part.metadata };
      if (part.type === 'call') return { type: 'call', callId: part.callId, ...metadata };
      const { type, text, start } = part;
      return { type, start, end: start + text.length, ...metadata };
    });
  }

  /** Whether the output is more than text: reasoning, calls or signatures. The text alone is in the message. */
  get isMoreThanText(): boolean {
    return this.#recorded.some(({ type, metadata }) => type !== 'text' || metadata !== undefined);
  }

  /** Whether the model has written nothing, apart from blanks. */
  get isEmpty(): boolean {
    return this.#recorded.every(
      (part) => part.type === 'text' && part.text.trim() === '' && part.metadata === undefined,
    );
  }

  get text(): string {
    return this.#textOf('text');
  }

  get reasoning(): string {
    return this.#textOf('reasoning');
  }

  add(part: LanguageModelV3StreamPart): void {
    switch (part.type) {
      case 'text-start':
      case 'text-delta':
      case 'text-end':
        this.#extend('text', part);
        break;
      case 'reasoning-start':
      case 'reasoning-delta':
      case 'reasoning-end':
        this.#extend('reasoning', part);
        break;
      case 'tool-call':
        if (part.providerExecuted !== true) this.#addCall(part);
        break;
      case 'finish':
        if (['length', 'content-filter'].includes(part.finishReason.unified)) this.#markCut();
        break;
      default:
    }
  }

  /** Counts text that the gateway itself writes into the answer: the model is not shown it as its own. */
  skip(type: TextType, length: number): void {
    const newest = this.#recorded.findLast((part) => part.type === type);
    // Blanks before it would no longer lie side by side with the words behind it.
    if (newest?.type === type && newest.text.trim() === '') newest.text = '';
    this.#offsets[type] += length;
  }

  /** Keeps the metadata of every part, such as Anthropic's signatures, because the next request must repeat it. */
  #extend(type: TextType, { id, delta = '', providerMetadata: metadata }: Delta): void {
    const known = this.#recorded.findLast((part) => part.type === type && part.id === id);
    const part = delta === '' || this.#isLast(known) ? known : undefined;
    if (part?.type === type) {
      // A part may begin before its first words, and the gateway may write a blank line in between.
      if (part.text === '') part.start = this.#offsets[type];
      part.text += delta;
      part.metadata = metadata ? { ...part.metadata, ...metadata } : part.metadata;
    } else if (delta !== '' || metadata !== undefined) {
      this.#recorded.push({ type, id, text: delta, start: this.#offsets[type], metadata });
    }
    this.#offsets[type] += delta.length;
  }

  /** Whether a part can be extended: the texts of a message are stored as ranges, so it must be the newest of its type. */
  #isLast(part: Recorded | undefined): boolean {
    return part !== undefined && this.#recorded.findLast(({ type }) => type === part.type) === part;
  }

  /** A response that was cut, by its token limit or a filter, ends within the last call, maybe before its arguments. */
  #markCut(): void {
    const last = this.calls.at(-1);
    if (last !== undefined && hasNoArguments(last.input)) last.isCut = true;
  }

  #addCall({ toolCallId, toolName, input, providerMetadata }: LanguageModelV3ToolCall): void {
    const callId = this.#newCallId(toolCallId || 'call');
    this.calls.push({ callId, name: toolName, input, isCut: false });
    const args = parseArgs(input);
    this.#recorded.push({
      type: 'call',
      callId,
      name: toolName,
      args: args.ok ? args.value : {},
      metadata: providerMetadata,
    });
  }

  #newCallId(id: string): string {
    let callId = id;
    for (let copy = 2; this.#callIds.has(callId); copy += 1) callId = nineCharacters(`${id}:${copy}`);
    this.#callIds.add(callId);
    return callId;
  }

  #textOf(type: TextType): string {
    return this.#recorded.map((part) => (part.type === type ? part.text : '')).join('');
  }
}

interface Delta {
  type: string;
  id: string;
  delta?: string;
  providerMetadata?: SharedV3ProviderMetadata | undefined;
}
