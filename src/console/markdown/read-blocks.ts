import type { Token } from 'marked';
import { lex } from './lex.ts';

/** How long one call may read, in milliseconds. */
const budgetMs = 50;

/** A long text is read in pieces of about this many characters. */
const pieceLength = 2_048;

/** A busy computer can delay a reading. Only a block that is late twice stays plain text. */
const maxLate = 2;

/** A Markdown text and the tokens of its blocks. */
export interface Blocks {
  readonly text: string;
  /** The blocks that have been read. */
  readonly tokens: readonly Token[];
  /** The text behind these blocks, as plain text. Empty when all has been read. */
  readonly rest: string;
  /** How many times in a row the block at the beginning of the rest took too long. */
  readonly late: number;
  /** Whether link definitions are ignored, because the whole text took too long. */
  readonly ignoresDefinitions: boolean;
}

export const noBlocks: Blocks = { text: '', tokens: [], rest: '', late: 0, ignoresDefinitions: false };

/** Whether another call with the same text reads more of it. */
export function hasMore({ rest, late }: Blocks): boolean {
  return rest !== '' && late < maxLate;
}

/**
 * Reads a text for at most {@link budgetMs}. If it continues the text before, all blocks except the last one keep their
 * tokens, because appended text can change only the last block. Blocks with the same token are not drawn again.
 * A block that takes too long, and all text behind it, stay plain text: they are not read for each delta.
 */
export function readBlocks(text: string, before: Blocks): Blocks {
  const source = text.replace(/\r\n?/g, '\n');
  if (source === before.text && !hasMore(before)) return before;
  const known = source.startsWith(before.text) ? before : noBlocks;
  if (known.late >= maxLate) return { ...known, text: source, rest: source.slice(lengthOf(known.tokens)) };
  // A link definition (`[1]: https://…`) can change any earlier block.
  if (!source.includes(']:') || known.ignoresDefinitions) return readPieces(source, known);
  const { tokens, isLate } = lex(source, budgetMs);
  if (!isLate) return { ...known, text: source, tokens, rest: '' };
  return { ...noBlocks, text: source, rest: source, ignoresDefinitions: true };
}

/** Reads piece by piece, so that each call gets on, however long the text is. */
function readPieces(source: string, before: Blocks): Blocks {
  const start = performance.now();
  const tokens =
    before.rest === '' ? before.tokens.slice(0, lastBlockIndex(before.tokens)) : [...before.tokens];
  const first = lengthOf(tokens);
  let position = first;
  let length = pieceLength;
  let late = 0;
  while (position < source.length) {
    const end = endOfPiece(source, position + length);
    const lexed = lex(source.slice(position, end), budgetMs - (performance.now() - start));
    if (lexed.isLate) {
      // A piece is late by its own fault only when it had the whole time.
      late = position === first ? before.late + 1 : 0;
      break;
    }
    const isEnd = end === source.length;
    const finished = isEnd ? lexed.tokens : lexed.tokens.slice(0, lastBlockIndex(lexed.tokens));
    tokens.push(...finished);
    position += lengthOf(finished);
    length = finished.length === 0 ? 2 * length : pieceLength;
  }
  return { ...before, text: source, tokens, rest: source.slice(position), late };
}

/** A piece ends with a line. */
function endOfPiece(source: string, wanted: number): number {
  const lineEnd = wanted >= source.length ? -1 : source.indexOf('\n', wanted);
  return lineEnd === -1 ? source.length : lineEnd + 1;
}

function lengthOf(tokens: readonly Token[]): number {
  return tokens.reduce((sum, { raw }) => sum + raw.length, 0);
}

/** The index of the last block. Space behind it may become a part of it, and is read again. */
function lastBlockIndex(tokens: readonly Token[]): number {
  return Math.max(
    0,
    tokens.findLastIndex(({ type }) => type !== 'space'),
  );
}
