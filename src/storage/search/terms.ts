import { type Piece, piecesOf } from './words.ts';

/** The beginnings of a word that are terms, in UTF-16 code units. A word of one or two is a term itself. */
const beginnings = [3, 4, 5, 6, 8];
/** Terms of one message. Those behind them are not found. It takes a text of some 50,000 characters to have more. */
const mostTerms = 20_000;
/** Terms that a search asks the index for. Whatever it finds is compared with the whole query. */
const mostAsked = 16;

/** Whose message a text is. */
export interface TextOwner {
  userId: string;
  sessionId: number;
}

/** The terms of a message: numbers of 31 bits. */
export function termsOf(text: string, { userId, sessionId }: TextOwner): Set<number> {
  const terms = new Set([userTerm(userId), sessionTerm(sessionId)]);
  const seen = new Set<string>();
  for (const piece of piecesOf(text)) {
    if (terms.size >= mostTerms) break;
    if (seen.has(piece.folded)) continue;
    seen.add(piece.folded);
    for (const part of partsOf(piece)) terms.add(termOf(part));
  }
  return terms;
}

/** The terms that a message has which has all these pieces, in these sessions. */
export function termsToFind(
  pieces: readonly Piece[],
  { userId, sessionId }: { [Name in keyof TextOwner]?: TextOwner[Name] | undefined },
): Set<number> {
  const terms = new Set<number>();
  if (sessionId !== undefined) terms.add(sessionTerm(sessionId));
  if (userId !== undefined) terms.add(userTerm(userId));
  for (const piece of pieces) {
    for (const part of askedPartsOf(piece)) if (terms.size < mostAsked) terms.add(termOf(part));
  }
  return terms;
}

function partsOf({ folded, isRun }: Piece): string[] {
  if (isRun) return [...charactersOf(folded, 1), ...charactersOf(folded, 2)];
  if (folded.length < (beginnings[0] ?? 0)) return [folded];
  return beginnings.filter((length) => length <= folded.length).map((length) => folded.slice(0, length));
}

/** The fewest parts that say the most. */
function askedPartsOf(piece: Piece): string[] {
  if (!piece.isRun) return partsOf(piece).slice(-1);
  const pairs = charactersOf(piece.folded, 2);
  return pairs.length > 0 ? pairs : charactersOf(piece.folded, 1);
}

/** All pieces of so many characters. */
function charactersOf(text: string, count: number): string[] {
  const characters = [...text];
  return characters.slice(count - 1).map((_, index) => characters.slice(index, index + count).join(''));
}

// No piece of a text has a control character.
const userTerm = (userId: string) => termOf(`\u0001${userId}`);
const sessionTerm = (sessionId: number) => termOf(`\u0002${sessionId}`);

/** FNV-1a, mixed once more. Two texts with the same number cost a comparison of texts and no wrong hit. */
function termOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 1;
}
