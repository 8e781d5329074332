import type { Token } from 'marked';
import { lex } from './lex.ts';

/** A Markdown text and the tokens of its blocks. */
export interface Blocks {
  readonly text: string;
  readonly tokens: readonly Token[];
}

export const noBlocks: Blocks = { text: '', tokens: [] };

/**
 * Reads a text. If it continues the text before, all blocks except the last one keep their tokens, because appended
 * text can change only the last block. Blocks with the same token are not drawn again.
 */
export function readBlocks(text: string, before: Blocks): Blocks {
  const source = text.replace(/\r\n?/g, '\n');
  if (source === before.text) return before;
  // A link definition (`[1]: https://…`) can change any earlier block.
  const isLonger = source.startsWith(before.text) && !source.includes(']:');
  const kept = isLonger ? before.tokens.slice(0, lastBlockIndex(before.tokens)) : [];
  const length = kept.reduce((sum, { raw }) => sum + raw.length, 0);
  return { text: source, tokens: [...kept, ...lex(source.slice(length))] };
}

/** The index of the last block. Space behind it may become a part of it, and is read again. */
function lastBlockIndex(tokens: readonly Token[]): number {
  return Math.max(
    0,
    tokens.findLastIndex(({ type }) => type !== 'space'),
  );
}
