import { Lexer, type Token } from 'marked';

/**
 * The most marks in one paragraph that are read as Markdown. Reading takes more than linear time in their number, and
 * normal texts have fewer.
 */
const maxMarks = 400;
const mark = /[*_~`[<]/g;

/** Matches quotations and lists that are nested 24 levels deep or more: the lexer is recursive and may run out of stack. */
const tooDeep = /^(?:[ \t]*>){24}|^[ \t]{64,}(?:[-*+]|\d{1,9}[.)])[ \t]|(?:[-*+>][ \t]+){24}/m;

/** The most lines that continue a quotation without a `>`. Reading takes more than linear time in their number. */
const maxLazyLines = 400;
const lazyLine = /^[ \t]*>.*\n(?=[^\s>])/gm;

/**
 * Reads Markdown. A text that would block or break the page becomes plain text: somebody who controls a text that the
 * model has read also controls its answer.
 */
export function lex(source: string): Token[] {
  if (tooDeep.test(source) || count(lazyLine, source) > maxLazyLines) return [plain(source)];
  const lexer = new Lexer({ gfm: true });
  const tokens = lexer.blockTokens(source, lexer.tokens);
  for (const { src, tokens: within } of lexer.inlineQueue) {
    if (count(mark, src) > maxMarks) within.push(plain(src));
    else lexer.inlineTokens(src, within);
  }
  return tokens;
}

function count(pattern: RegExp, text: string): number {
  return text.match(pattern)?.length ?? 0;
}

/** A token that is shown without formatting, as HTML is. */
function plain(text: string): Token {
  return { type: 'html', raw: text, text, pre: false, block: true };
}
