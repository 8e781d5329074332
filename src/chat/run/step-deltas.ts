import type { LanguageModelV3StreamPart } from '@ai-sdk/provider';
import type { Transcript } from '../history/transcript.ts';
import { DeltaWriter } from '../log/delta-writer.ts';
import type { RunWriter } from '../log/run-writer.ts';

const blankLine = '\n\n';

type TextType = 'text' | 'reasoning';
const eventTypes = { text: 'TextDelta', reasoning: 'ReasoningDelta' } as const;

/**
 * Records one step in its transcript, and writes its text and its reasoning to the run's log as they arrive. A blank
 * line stands between the words of two steps, which would otherwise run into each other.
 */
export class StepDeltas {
  readonly #writer: RunWriter;
  readonly #transcript: Transcript;
  readonly #deltas: DeltaWriter;
  /** Whether a blank line must stand before the first words of this step. */
  readonly #separate: Record<TextType, boolean>;

  constructor(writer: RunWriter, transcript: Transcript) {
    this.#writer = writer;
    this.#transcript = transcript;
    this.#deltas = new DeltaWriter(writer);
    this.#separate = { text: isEndOfWords(writer.content), reasoning: isEndOfWords(writer.reasoning) };
  }

  async add(part: LanguageModelV3StreamPart): Promise<void> {
    const separator = this.#separatorBefore(part);
    this.#transcript.add(part);
    if (part.type === 'text-delta') await this.#write('text', separator + part.delta);
    else if (part.type === 'reasoning-delta') await this.#write('reasoning', separator + part.delta);
  }

  /** Writes what waits. Call it at the end of the step. */
  async flush(): Promise<void> {
    await this.#deltas.flush();
  }

  #separatorBefore(part: LanguageModelV3StreamPart): string {
    const type = part.type === 'text-delta' ? 'text' : 'reasoning';
    if (!('delta' in part) || part.type === 'tool-input-delta' || !this.#separate[type]) return '';
    if (part.delta.trim() === '') return '';
    this.#separate[type] = false;
    const before = type === 'text' ? this.#writer.content : this.#writer.reasoning;
    if (before.endsWith(blankLine) || part.delta.startsWith(blankLine)) return '';
    this.#transcript.skip(type, blankLine.length);
    return blankLine;
  }

  async #write(type: TextType, text: string): Promise<void> {
    if (text !== '') await this.#deltas.write({ type: eventTypes[type], text });
  }
}

function isEndOfWords(text: string): boolean {
  return text.trim() !== '';
}
