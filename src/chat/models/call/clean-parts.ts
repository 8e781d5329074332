import type { LanguageModelV3StreamPart } from '@ai-sdk/provider';
import { storable } from '../../../base/storable-text.ts';

/**
 * Makes the texts of a response storable. Models count in bytes, so a character may be split over two deltas: half a
 * pair at the end of a delta waits for the next delta of the same text.
 */
export class PartCleaner {
  /** The half that waits, by the kind and the id of its text. */
  readonly #halves = new Map<string, string>();

  /** Returns the part without such characters, and before it a delta for a half whose other half never came. */
  clean(part: LanguageModelV3StreamPart): LanguageModelV3StreamPart[] {
    switch (part.type) {
      case 'text-delta':
      case 'reasoning-delta':
        return [{ ...part, delta: this.#join(part.type + part.id, part.delta) }];
      case 'text-end':
        return [...this.#flush('text-delta', part.id), part];
      case 'reasoning-end':
        return [...this.#flush('reasoning-delta', part.id), part];
      case 'tool-call':
        return [cleanCall(part)];
      default:
        return [part];
    }
  }

  /** Returns the halves that still wait, for a response that breaks off. */
  end(): LanguageModelV3StreamPart[] {
    const keys = [...this.#halves.keys()];
    return keys.flatMap((key) => {
      const type = key.startsWith('text-delta') ? 'text-delta' : 'reasoning-delta';
      return this.#flush(type, key.slice(type.length));
    });
  }

  #join(key: string, delta: string): string {
    const text = (this.#halves.get(key) ?? '') + delta;
    this.#halves.delete(key);
    if (!/[\uD800-\uDBFF]$/.test(text)) return storable(text);
    this.#halves.set(key, text.slice(-1));
    return storable(text.slice(0, -1));
  }

  #flush(type: 'text-delta' | 'reasoning-delta', id: string): LanguageModelV3StreamPart[] {
    return this.#halves.delete(type + id) ? [{ type, id, delta: '\uFFFD' }] : [];
  }
}

type ToolCallPart = Extract<LanguageModelV3StreamPart, { type: 'tool-call' }>;

function cleanCall(part: ToolCallPart): ToolCallPart {
  const { toolCallId, toolName, input } = part;
  return { ...part, toolCallId: storable(toolCallId), toolName: storable(toolName), input: storable(input) };
}
