import type {
  LanguageModelV3ReasoningPart,
  LanguageModelV3StreamPart,
  LanguageModelV3TextPart,
  LanguageModelV3ToolCallPart,
} from '@ai-sdk/provider';

/** A tool call as the model wrote it: `input` is JSON text, if the model got that right. */
export interface RequestedCall {
  callId: string;
  name: string;
  input: string;
}

type Part = LanguageModelV3TextPart | LanguageModelV3ReasoningPart | LanguageModelV3ToolCallPart;

/** What the model said in one step, in the form in which the next step shows it again. */
export class Transcript {
  readonly content: Part[] = [];
  readonly calls: RequestedCall[] = [];
  readonly #open = new Map<string, LanguageModelV3TextPart | LanguageModelV3ReasoningPart>();
  readonly #callIds: Set<string>;

  /** @param callIds The call ids of earlier steps: some servers number their calls anew in every step. */
  constructor(callIds: Set<string>) {
    this.#callIds = callIds;
  }

  get text(): string {
    return this.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
  }

  get reasoning(): string {
    return this.content.map((part) => (part.type === 'reasoning' ? part.text : '')).join('');
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
        if (part.providerExecuted !== true) this.#addCall(part.toolCallId, part.toolName, part.input);
        break;
      default:
    }
  }

  /** Providers send what a later request must repeat, like Anthropic's signatures, with any of the parts. */
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
    this.content.push(part);
    return part as LanguageModelV3TextPart | LanguageModelV3ReasoningPart;
  }

  #addCall(id: string, name: string, input: string): void {
    let callId = id === '' ? 'call' : id;
    for (let copy = 2; this.#callIds.has(callId); copy += 1) callId = `${id}-${copy}`;
    this.#callIds.add(callId);
    this.calls.push({ callId, name, input });
    const args = parseArgs(input);
    this.content.push({
      type: 'tool-call',
      toolCallId: callId,
      toolName: name,
      input: args.ok ? args.value : {},
    });
  }
}

interface Delta {
  type: string;
  id: string;
  delta?: string;
  providerMetadata?: LanguageModelV3TextPart['providerOptions'];
}

/** The arguments of a call; models sometimes write JSON that is none. */
export function parseArgs(input: string): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: input.trim() === '' ? {} : JSON.parse(input) };
  } catch {
    return { ok: false };
  }
}
