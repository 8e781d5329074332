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

  /** Returns the part without such characters, and before it a delta for a half whose other half never came. */
  clean(part: LanguageModelV3StreamPart): LanguageModelV3StreamPart[] {
    return this.#cleanTexts(cleanMetadata(part));
  }

  #cleanTexts(part: LanguageModelV3StreamPart): LanguageModelV3StreamPart[] {
    switch (part.type) {
      case 'text-delta':
      case 'reasoning-delta':
        return [{ ...part, delta: this.#join(part.type + part.id, part.delta) }];
      case 'text-start':
      case 'reasoning-start':
        return [...this.#flushAll(part.type.replace('start', 'delta') + part.id), part];
      case 'tool-input-start':
      case 'finish':
        return [...this.end(), part];
      case 'tool-call':
        return [...this.end(), cleanCall(part)];
      default:
        return [part];
    }
  }

  /** Returns a delta for each half that still waits. */
  end(): LanguageModelV3StreamPart[] {
    return this.#flushAll();
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
