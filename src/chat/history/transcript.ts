import type {
  LanguageModelV3ReasoningPart,
  LanguageModelV3StreamPart,
  LanguageModelV3TextPart,
  LanguageModelV3ToolCall,
  LanguageModelV3ToolCallPart,
} from '@ai-sdk/provider';
import { parseArgs } from './parse-args.ts';

/** A tool call as the model wrote it. `input` should be a JSON object, but models make mistakes; see parse-args.ts. */
export interface RequestedCall {
  callId: string;
  name: string;
  input: string;
  /** Whether the response ended before the arguments were complete. Such a call must not run. */
  isCut: boolean;
}

type Part = LanguageModelV3TextPart | LanguageModelV3ReasoningPart | LanguageModelV3ToolCallPart;

/** Collects the model's output of one step, in the format in which the next step repeats it to the model. */
export class Transcript {
  readonly calls: RequestedCall[] = [];
  readonly #content: Part[] = [];
  readonly #open = new Map<string, LanguageModelV3TextPart | LanguageModelV3ReasoningPart>();
  readonly #callIds: Set<string>;

  /** @param callIds The call ids of the run so far. Some servers use the same ids again in every step. */
  constructor(callIds: Set<string>) {
    this.#callIds = callIds;
  }

  /** Without blank texts, which Anthropic refuses, unless they carry metadata that must be repeated. */
  get content(): Part[] {
    return this.#content.filter(
      (part) => part.type !== 'text' || part.text.trim() !== '' || part.providerOptions,
    );
  }

  get isEmpty(): boolean {
    return this.content.length === 0;
  }

  get text(): string {
    return this.#content.map((part) => (part.type === 'text' ? part.text : '')).join('');
  }

  get reasoning(): string {
    return this.#content.map((part) => (part.type === 'reasoning' ? part.text : '')).join('');
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
        if (part.finishReason.unified === 'length') this.#markCut();
        break;
      default:
    }
  }

  /** Keeps the metadata of every part, such as Anthropic's signatures, because the next request must repeat it. */
  #extend(type: 'text' | 'reasoning', { id, ...part }: Delta): void {
    const key = `${type}:${id}`;
    const open = this.#open.get(key) ?? this.#begin(key, type);
    open.text += part.delta ?? '';
    if (part.providerMetadata) open.providerOptions = { ...open.providerOptions, ...part.providerMetadata };
    if (part.type.endsWith('-end')) this.#open.delete(key);
  }

  #begin(key: string, type: 'text' | 'reasoning') {
    const part = { type, text: '' };
    this.#open.set(key, part);
    this.#content.push(part);
    return part as LanguageModelV3TextPart | LanguageModelV3ReasoningPart;
  }

  /** A response that reached its token limit ends within the last call, maybe before the first of its arguments. */
  #markCut(): void {
    const last = this.calls.at(-1);
    if (last !== undefined && /^\s*(?:\{\s*\})?\s*$/.test(last.input)) last.isCut = true;
  }

  #addCall({ toolCallId, toolName, input, providerMetadata }: LanguageModelV3ToolCall): void {
    const id = toolCallId || 'call';
    let callId = id;
    for (let copy = 2; this.#callIds.has(callId); copy += 1) callId = `${id}-${copy}`;
    this.#callIds.add(callId);
    this.calls.push({ callId, name: toolName, input, isCut: false });
    const args = parseArgs(input);
    this.#content.push({
      type: 'tool-call',
      toolCallId: callId,
      toolName,
      input: args.ok ? args.value : {},
      // Gemini refuses the next step without its signatures.
      ...(providerMetadata && { providerOptions: providerMetadata }),
    });
  }
}

interface Delta {
  type: string;
  id: string;
  delta?: string;
  providerMetadata?: LanguageModelV3TextPart['providerOptions'];
}
