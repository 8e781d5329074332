import { rightToLeft } from '../state/visible-text.ts';

const letter = /\p{L}/u;

/** Words of letters such as Arabic or Hebrew ones, with the spaces between them. */
export const rightToLeftWords = new RegExp(
  `${rightToLeft.source}[${rightToLeft.source.slice(1, -1)}\\p{M}]*(?: +[${rightToLeft.source.slice(1, -1)}\\p{M}]+)*`,
  'gu',
);

/** Whether a text begins with a left-to-right letter and has right-to-left letters too: a Latin name in Arabic text. */
export function isMixed(text: string): boolean {
  const first = text.match(letter)?.[0];
  return first !== undefined && !rightToLeft.test(first) && rightToLeft.test(text);
}
