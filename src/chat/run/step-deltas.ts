import type { LanguageModelV3StreamPart } from '@ai-sdk/provider';
import type { Transcript } from '../history/transcript.ts';
import { DeltaWriter } from '../log/delta-writer.ts';
import type { RunWriter } from '../log/run-writer.ts';

const blankLine = '\n\n';

type TextType = 'text' | 'reasoning';
const eventTypes = { text: 'TextDelta', reasoning: 'ReasoningDelta' } as const;

/** What was written last, of one type. */
interface Written {
  /** The id that the provider's package gives to the text. */
  id: string | undefined;
  /** What OpenAI calls the text: a comment on the way, or the answer. */
  phase: unknown;
  /** The end of it, long enough to see a blank line. */
  tail: string;
  hasWords: boolean;
  /** Whether a blank line must stand before the next words. */
  separate: boolean;
}

/**
 * Records one step in its transcript, and writes its text and its reasoning to the run's log as they arrive. A blank
 * line stands between the words of two steps, between the sections in which OpenAI sums up its reasoning, and between
 * texts with reasoning or a tool call in between: they would otherwise run into each other. Texts directly behind each
 * other are one text: Anthropic divides sentences where they have sources. OpenAI's comment and its answer are two. Texts
 * with one id are one, too: Chat Completions has one text and one reasoning, and servers send them by turns, also in
 * the middle of a word.
 */
export class StepDeltas {
  readonly #transcript: Transcript;
  readonly #deltas: DeltaWriter;
  readonly #written: Record<TextType, Written>;
  #newest: TextType | 'call' | undefined;

  constructor(writer: RunWriter, transcript: Transcript) {
    this.#transcript = transcript;
    this.#deltas = new DeltaWriter(writer);
    this.#written = { text: startAfter(writer.content), reasoning: startAfter(writer.reasoning) };
  }

  /**
   * Records a part. Not a promise where nothing must be waited for.
   *
   * @throws The error of the log.
   */
  add(part: LanguageModelV3StreamPart): Promise<unknown> | undefined {
    this.#begin(part);
    const separator = this.#separatorBefore(part);
    this.#transcript.add(part);
    if (part.type === 'text-delta') return this.#write('text', separator + part.delta);
    if (part.type === 'reasoning-delta') return this.#write('reasoning', separator + part.delta);
    return undefined;
  }

  /** Writes what waits. Call it at the end of the step. */
  async flush(): Promise<void> {
    await this.#deltas.flush();
  }

  #begin(part: LanguageModelV3StreamPart): void {
    if (part.type === 'tool-input-start') this.#newest = 'call';
    if (part.type !== 'text-start' && part.type !== 'reasoning-start') return;
    const type = part.type === 'text-start' ? 'text' : 'reasoning';
    const written = this.#written[type];
    const phase = part.providerMetadata?.['openai']?.['phase'];
    const isBehind = type === 'text' && this.#newest === 'text' && phase === written.phase;
    if (written.id !== part.id && !isBehind) written.separate = written.hasWords;
    Object.assign(written, { id: part.id, phase });
    this.#newest = type;
  }

  #separatorBefore(part: LanguageModelV3StreamPart): string {
    if (part.type !== 'text-delta' && part.type !== 'reasoning-delta') return '';
    const type = part.type === 'text-delta' ? 'text' : 'reasoning';
    const written = this.#written[type];
    if (!written.separate || part.delta.trim() === '') return '';
    written.separate = false;
    if (written.tail.endsWith(blankLine) || part.delta.startsWith(blankLine)) return '';
    this.#transcript.skip(type, blankLine.length);
    return blankLine;
  }

  #write(type: TextType, text: string): Promise<unknown> | undefined {
    if (text === '') return undefined;
    const written = this.#written[type];
    written.tail = (written.tail + text).slice(-blankLine.length);
    written.hasWords ||= text.trim() !== '';
    return this.#deltas.write({ type: eventTypes[type], text });
  }
}

function startAfter(text: string): Written {
  const hasWords = text.trim() !== '';
  return {
    id: undefined,
    phase: undefined,
    tail: text.slice(-blankLine.length),
    hasWords,
    separate: hasWords,
  };
}
