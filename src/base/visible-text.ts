/** A part of a text that was split by how a reader sees it. */
export interface SplitPart {
  /**
   * - `plain`: characters that a reader sees as they are, and tabs and line breaks.
   * - `invisible`: characters that a reader could not see, or that would move or cover others.
   * - `rightToLeft`: letters such as Hebrew ones, which reorder the characters around them.
   */
  readonly kind: 'plain' | 'invisible' | 'rightToLeft';
  readonly text: string;
}

/**
 * In the source of a regular expression: characters that have no glyph, or look like a space. Controls except tab and
 * newline, format characters such as bidirectional overrides and zero-width characters, spaces except U+0020, lone
 * surrogates, unassigned and private ones, Hangul fillers and variation selectors, the empty Braille pattern, enclosing
 * marks, and combining marks that stand on no letter or are beyond the third of a letter, because they cover their
 * neighbours.
 */
export const invisible = String.raw`(?![\t\n ])(?:[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\p{Me}\u2800]|(?<!\p{L}\p{M}{0,2})\p{M})`;

/** The blocks that Unicode reserves for scripts that are written from right to left. */
export const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

const part = new RegExp(
  `(?<invisible>(?:${invisible})+)|(?<rightToLeft>(?:(?!${invisible})${rightToLeft.source})+)`,
  'gu',
);

/**
 * Splits a text for somebody who decides by what they see, such as the console and the terminal of an agent: the writer of
 * a text must not be able to hide, reorder or forge a part of it.
 */
export function splitVisible(text: string): readonly SplitPart[] {
  const parts: SplitPart[] = [];
  let end = 0;
  const add = (kind: SplitPart['kind'], found: string) => {
    if (found !== '') parts.push({ kind, text: found });
  };
  for (const match of text.matchAll(part)) {
    add('plain', text.slice(end, match.index));
    add(match.groups?.['invisible'] === undefined ? 'rightToLeft' : 'invisible', match[0]);
    end = match.index + match[0].length;
  }
  add('plain', text.slice(end));
  return parts;
}

/** JSON in lines, in which `\u…` stands for each character that a reader could not see: so it can be edited as it is. */
export function visibleJson(value: unknown): string {
  return splitVisible(JSON.stringify(value, null, 2) ?? '')
    .map(({ kind, text }) => (kind === 'plain' ? text : escapeUnits(text)))
    .join('');
}

function escapeUnits(text: string): string {
  return text.replaceAll(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
