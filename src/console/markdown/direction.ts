import { rightToLeft } from '../../base/visible-text.ts';

const word = `${rightToLeft.source}+`;

/** Words of letters such as Arabic or Hebrew ones, with the spaces between them. */
export const rightToLeftWords = new RegExp(`${word}(?: +${word})*`, 'gu');

/** Whether a text begins with a left-to-right letter and has right-to-left letters too: a Latin name in Arabic text. */
export function isMixed(text: string): boolean {
  const [first] = /\p{L}/u.exec(text) ?? [];
  return first !== undefined && !rightToLeft.test(first) && rightToLeft.test(text);
}
