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

/**
 * Characters that have no glyph, or look like a space: controls except tab and newline, format characters such as
 * bidirectional overrides and zero-width characters, spaces except U+0020, lone surrogates, unassigned and private
 * ones, Hangul fillers and variation selectors, the empty Braille pattern, enclosing marks, and combining marks that
 * stand on no letter or are beyond the third of a letter, because they cover their neighbours.
 */
const invisible =
  /(?![\t\n ])(?:[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\p{Me}\u2800]|(?<!\p{L}\p{M}{0,2})\p{M})/u;

/** The blocks that Unicode reserves for scripts that are written from right to left. */
export const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

const part = new RegExp(
  `(?<escape>(?:${invisible.source})+)|(?<rightToLeft>(?:(?!${invisible.source})${rightToLeft.source})+)`,
  'gu',
);

/** Splits a text into parts that together show every character in its logical order. */
export function visibleParts(text: string): readonly VisiblePart[] {
  const parts: VisiblePart[] = [];
  let end = 0;
  const add = (kind: VisiblePart['kind'], shown: string) => {
    if (shown !== '') parts.push({ kind, text: shown });
  };
  for (const match of text.matchAll(part)) {
    const [found] = match;
    add('plain', text.slice(end, match.index));
    if (match.groups?.['escape'] === undefined) add('rightToLeft', found);
    else add('escape', escaped(found));
    end = match.index + found.length;
  }
  add('plain', text.slice(end));
  return parts;
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

/** What a reader should know before approving a text, in sentences. Empty when nothing is unusual. */
export function warningsOf(text: string): readonly string[] {
  const seen = text.replace(new RegExp(invisible, 'gu'), '');
  const isHidden = seen !== text;
  return [
    ...(isHidden ? ['This contains invisible characters. They are shown as their code points: ⟨U+…⟩.'] : []),
    ...lookalikeWarnings(seen),
  ];
}
