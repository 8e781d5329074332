import type { LanguageModelV3StreamPart } from '@ai-sdk/provider';
import { storable, storableJson } from '../../../base/storable-text.ts';

/**
 * Makes the texts of a response storable. Models count in bytes, so a character may be split over two deltas: half a
 * pair at the end of a delta waits for the next delta of the same text. The text may go on behind reasoning, with the
 * same id.
 */
export class PartCleaner {
  /** The half that waits, by the kind and the id of its text. */
  readonly #halves = new Map<string, string>();

  /** Adds the part without such characters to a list, and before it a delta for a half whose other half never came. */
  clean(part: LanguageModelV3StreamPart, into: LanguageModelV3StreamPart[]): void {
    const clean = cleanMetadata(part);
    switch (clean.type) {
      case 'text-delta':
      case 'reasoning-delta': {
        const delta = this.#join(clean);
        into.push(delta === clean.delta ? clean : { ...clean, delta });
        return;
      }
      case 'text-start':
      case 'reasoning-start':
        into.push(...this.#flushAll(clean.type.replace('start', 'delta') + clean.id), clean);
        return;
      case 'tool-input-start':
      case 'finish':
        into.push(...this.#flushAll(), clean);
        return;
      case 'tool-call':
        into.push(...this.#flushAll(), cleanCall(clean));
        return;
      default:
        into.push(clean);
    }
  }

  /** Adds a delta for each half that still waits. */
  end(into: LanguageModelV3StreamPart[]): void {
    into.push(...this.#flushAll());
  }

  /** @param goesOn The key of the text that may still get its other half. */
  #flushAll(goesOn?: string): LanguageModelV3StreamPart[] {
    const type = goesOn?.startsWith('text') ? 'text' : 'reasoning';
    const keys = [...this.#halves.keys()];
    const ended = keys.filter((key) => goesOn === undefined || (key !== goesOn && key.startsWith(type)));
    return ended.flatMap((key) => {
      const type = key.startsWith('text-delta') ? 'text-delta' : 'reasoning-delta';
      return this.#flush(type, key.slice(type.length));
    });
  }

  #join({ type, id, delta }: TextDeltaPart): string {
    const isCut = endsWithHalf(delta);
    if (!isCut && this.#halves.size === 0) return storable(delta);
    const key = type + id;
    const text = (this.#halves.get(key) ?? '') + delta;
    this.#halves.delete(key);
    if (!isCut) return storable(text);
    this.#halves.set(key, text.slice(-1));
    return storable(text.slice(0, -1));
  }

  #flush(type: 'text-delta' | 'reasoning-delta', id: string): LanguageModelV3StreamPart[] {
    return this.#halves.delete(type + id) ? [{ type, id, delta: '\uFFFD' }] : [];
  }
}

type TextDeltaPart = Extract<LanguageModelV3StreamPart, { type: 'text-delta' | 'reasoning-delta' }>;

/** Whether a text ends with the first half of a surrogate pair. */
function endsWithHalf(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
}

/** What the provider attached is stored too. */
function cleanMetadata(part: LanguageModelV3StreamPart): LanguageModelV3StreamPart {
  const metadata = 'providerMetadata' in part ? part.providerMetadata : undefined;
  return metadata === undefined
    ? part
    : ({ ...part, providerMetadata: storableJson(metadata) } as LanguageModelV3StreamPart);
}

type ToolCallPart = Extract<LanguageModelV3StreamPart, { type: 'tool-call' }>;

function cleanCall(part: ToolCallPart): ToolCallPart {
  const { toolCallId, toolName, input } = part;
  return { ...part, toolCallId: storable(toolCallId), toolName: storable(toolName), input: storable(input) };
}
