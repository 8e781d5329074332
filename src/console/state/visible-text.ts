import { invisible, splitVisible } from '../../base/visible-text.ts';
import { lookalikeWarnings } from './lookalikes.ts';

/** A part of a text as a person sees it. */
export interface VisiblePart {
  /**
   * - `plain`: characters that a reader sees as they are.
   * - `escape`: characters that a reader could not see, or that would move others, written as code points: `⟨U+202E⟩`.
   * - `rightToLeft`: letters such as Hebrew ones. The page isolates them, so that they do not reorder the characters
   *   around them.
   */
  readonly kind: 'plain' | 'escape' | 'rightToLeft';
  readonly text: string;
}

/** Splits a text into parts that together show every character in its logical order. */
export function visibleParts(text: string): readonly VisiblePart[] {
  return splitVisible(text).map((part) =>
    part.kind === 'invisible'
      ? { kind: 'escape', text: escaped(part.text) }
      : { kind: part.kind, text: part.text },
  );
}

/** The text as one string, with escapes for what a reader could not see. For labels. */
export function visibleText(text: string): string {
  return visibleParts(text)
    .map((each) => each.text)
    .join('');
}

/** Repetitions are counted, so that a long row of one character stays readable: `⟨U+200B × 12⟩`. */
function escaped(characters: string): string {
  return characters.replace(/(.)\1*/gsu, (run, character: string) => {
    const code = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
    const times = run.length / character.length;
    return times === 1 ? `⟨U+${code}⟩` : `⟨U+${code} × ${times}⟩`;
  });
}

const everyInvisible = new RegExp(invisible, 'gu');

/** What a reader should know before approving a text, in sentences. Empty when nothing is unusual. */
export function warningsOf(text: string): readonly string[] {
  const seen = text.replaceAll(everyInvisible, '');
  const isHidden = seen !== text;
  return [
    ...(isHidden ? ['This contains invisible characters. They are shown as their code points: ⟨U+…⟩.'] : []),
    ...lookalikeWarnings(seen),
  ];
}
