import type { Token } from 'marked';
import { lex } from './lex.ts';

/** A text as Markdown, block by block. */
export interface Blocks {
  readonly text: string;
  readonly tokens: readonly Token[];
}

export const noBlocks: Blocks = { text: '', tokens: [] };

/**
 * Reads a text. Where it is a longer version of one that was read, all blocks but the last keep their tokens:
 * what is appended belongs to the last one, or comes behind it.
 */
export function readBlocks(text: string, before: Blocks): Blocks {
  const source = text.replace(/\r\n?/g, '\n');
  if (source === before.text) return before;
  // A definition of a link (`[1]: https://…`) may concern any block before it.
  const isLonger = source.startsWith(before.text) && !source.includes(']:');
  const kept = isLonger ? before.tokens.slice(0, lastBlock(before.tokens)) : [];
  const length = kept.reduce((sum, { raw }) => sum + raw.length, 0);
  return { text: source, tokens: [...kept, ...lex(source.slice(length))] };
}

/** What is behind the last block is space, which may turn out to be within it. */
function lastBlock(tokens: readonly Token[]): number {
  return Math.max(
    0,
    tokens.findLastIndex(({ type }) => type !== 'space'),
  );
}
