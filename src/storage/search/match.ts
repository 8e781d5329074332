import { type Piece, piecesOf } from './words.ts';

/** Where a message has the words of a query, and how well it fits. */
export interface Match {
  /** More is better: whole words, words next to each other as in the query, words that come often. At most 999. */
  score: number;
  /** Where the words are, in UTF-16 code units, in order. Not all of them if there are many. */
  marks: Mark[];
}

export interface Mark {
  start: number;
  end: number;
  /** Which piece of the query it is. */
  piece: number;
}

const mostMarks = 200;
/** A word of fewer characters is only found as it is. The beginning of a longer one finds it. */
const shortestBeginning = 3;

/**
 * Compares a text with the pieces of a query.
 *
 * @returns Undefined unless the text has all of them.
 */
export function matchText(text: string, wanted: readonly Piece[]): Match | undefined {
  const marks: Mark[] = [];
  const whole = new Set<number>();
  const found = new Set<number>();
  // How many pieces of the query stand in a row, up to the last piece of the text.
  let inRow = 0;
  let longestRow = 0;
  for (const piece of piecesOf(text)) {
    const here = new Set<number>();
    for (const [index, each] of wanted.entries()) {
      const mark = markOf(piece, each);
      if (!mark) continue;
      found.add(index);
      if (piece.folded === each.folded) whole.add(index);
      here.add(index);
      if (marks.length < mostMarks) marks.push({ ...mark, piece: index });
    }
    inRow = here.has(inRow) ? inRow + 1 : Number(here.has(0));
    longestRow = Math.max(longestRow, inRow);
    if (inRow === wanted.length) inRow = 0;
  }
  if (found.size < wanted.length) return undefined;
  const isInRow = longestRow === wanted.length && wanted.length > 1;
  return { score: whole.size * 20 + (isInRow ? 200 : 0) + Math.min(marks.length, 19), marks };
}

/** The part of a piece of the text that is a piece of the query. */
function markOf(piece: Piece, { folded, isRun }: Piece): { start: number; end: number } | undefined {
  const { start, end } = piece;
  if (isRun !== piece.isRun) return undefined;
  if (!isRun) {
    const isFound =
      folded.length < shortestBeginning ? piece.folded === folded : piece.folded.startsWith(folded);
    return isFound ? { start, end } : undefined;
  }
  const at = piece.folded.indexOf(folded);
  if (at < 0) return undefined;
  // Where folding has changed the length, the whole run is marked.
  return piece.folded.length === end - start
    ? { start: start + at, end: start + at + folded.length }
    : { start, end };
}
