import { cutText } from '../../base/cut-text.ts';

// How texts are taken to pieces for the search. Both databases have the same terms, because the gateway makes them.

/** Scripts that put no spaces between words, and Korean, whose words have endings that nobody searches for. */
const unspaced =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}\u3005\u30FC\uFF70';
const pieces = new RegExp(`([${unspaced}]+)|[[\\p{L}\\p{M}\\p{N}]--[${unspaced}]]+`, 'gv');

/** Characters of a text that are searched. Those behind them are not found. */
export const searchedLength = 100_000;

/** A word, or a run of characters without spaces. */
export interface Piece {
  /** Without upper case, and without accents where it is a word. */
  folded: string;
  isRun: boolean;
  /** Where it is in the text, in UTF-16 code units. */
  start: number;
  end: number;
}

/** The words and runs of the beginning of a text, in order. */
export function* piecesOf(text: string): Generator<Piece> {
  for (const match of cutText(text, searchedLength).matchAll(pieces)) {
    const [piece, run] = match;
    const { index: start } = match;
    const isRun = run !== undefined;
    const folded = isRun ? piece.normalize('NFKC').toLowerCase() : foldWord(piece);
    if (folded !== '') yield { folded, isRun, start, end: start + piece.length };
  }
}

const ascii = /^[\0-\x7F]*$/;

function foldWord(word: string): string {
  const lower = word.toLowerCase();
  return ascii.test(lower) ? lower : lower.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
}
