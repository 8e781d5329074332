import { Lexer, type Token } from 'marked';

/** More signs in one paragraph than anybody writes; the time that they take grows faster than their number. */
const mostSigns = 400;
const sign = /[*_~`[<]/g;

/** Quotations and lists within each other, deeper than anybody writes, and than there is a stack for. */
const tooDeep = /^(?:[ \t]*>){24}|^[ \t]{64,}(?:[-*+]|\d{1,9}[.)])[ \t]|(?:[-*+>][ \t]+){24}/m;

/** Lines that go on with a quotation without saying so; their time grows faster than their number, too. */
const mostLazyLines = 400;
const lazyLine = /^[ \t]*>.*\n(?=[^\s>])/gm;

/**
 * Reads Markdown. What keeps a page busy, or breaks it, is taken for plain text instead: answers may be written by
 * whoever wrote what the model has read.
 */
export function lex(source: string): Token[] {
  if (tooDeep.test(source) || count(lazyLine, source) > mostLazyLines) return [plain(source)];
  const lexer = new Lexer({ gfm: true });
  const tokens = lexer.blockTokens(source, lexer.tokens);
  for (const { src, tokens: within } of lexer.inlineQueue) {
    if (count(sign, src) > mostSigns) within.push(plain(src));
    else lexer.inlineTokens(src, within);
  }
  return tokens;
}

function count(pattern: RegExp, text: string): number {
  return text.match(pattern)?.length ?? 0;
}

/** Shown as it is, like HTML. */
function plain(text: string): Token {
  return { type: 'html', raw: text, text, pre: false, block: true };
}
