import type { TokenizerExtensionFunction, TokenizerStartFunction, Tokens } from 'marked';

const delimiters = [
  ['\\[', '\\]'],
  ['\\(', '\\)'],
  ['$$', '$$'],
] as const;

/** A formula between single dollars has a sign of TeX in it. Other dollars are prices, or variables of a shell. */
const inDollars = /^\$(?=[^$\n]*[\\^_])(?!\s)[^$\n]{1,500}(?<!\s)\$(?!\w)/;

/**
 * A formula in TeX, as models write it. It is shown as it was written, like code. Markdown would take its backslashes
 * away, and would read its underscores and asterisks as emphasis.
 */
const readFormula: TokenizerExtensionFunction = (source): Tokens.Codespan | undefined => {
  const raw = inDelimiters(source) ?? inDollars.exec(source)?.[0];
  return raw === undefined ? undefined : { type: 'codespan', raw, text: raw };
};

function inDelimiters(source: string): string | undefined {
  const [open, close] = delimiters.find(([begin]) => source.startsWith(begin)) ?? [];
  if (open === undefined) return undefined;
  const end = source.indexOf(close, open.length);
  const isEmpty = source.slice(open.length, end).trim() === '';
  return end === -1 || isEmpty ? undefined : source.slice(0, end + close.length);
}

const startOfFormula: TokenizerStartFunction = (source) => {
  const start = source.search(/\$|\\[[(]/);
  return start === -1 ? undefined : start;
};

/** Makes the lexer read formulas. */
export const formulas = {
  renderers: {},
  childTokens: {},
  inline: [readFormula],
  startInline: [startOfFormula],
};
