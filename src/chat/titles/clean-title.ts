import { cutText } from '../../base/cut-text.ts';
import { invisible } from '../../base/visible-text.ts';

/** The longest title, in UTF-16 code units. */
const longestTitle = 80;

const hidden = new RegExp(invisible, 'gu');

/**
 * Makes a title of what a model wrote, or of the beginning of a prompt: its first line that has letters or digits, without
 * markup, quotation marks around it, characters that nobody sees or that turn the text around, and at most 80 characters.
 *
 * @returns Undefined where nothing is left that a reader could see.
 */
export function cleanTitle(text: string): string | undefined {
  for (const line of cutText(text, 4_000).split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/)) {
    const title = cleanLine(line);
    if (!/[\p{L}\p{N}]/u.test(title)) continue;
    return title.length > longestTitle ? `${cutText(title, longestTitle).trimEnd()}…` : title;
  }
  return undefined;
}

function cleanLine(line: string): string {
  return (
    line
      .replaceAll(/<\/?[a-z!][^<>]*>/gi, ' ')
      // A link shows its text.
      .replaceAll(/!?\[([^\][]*)\]\([^()]*\)/g, '$1')
      .replace(/^\s*(?:#{1,6}\s|[-*+>]\s|\d{1,3}[.)]\s)+/, '')
      .replace(/^\s*["'*_`]*titles?["'*_`]*\s*:/i, '')
      .replaceAll(/[*_`~#<>]+/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .replaceAll(hidden, '')
      .trim()
      .replace(/^["'“”„«»‘’]+/, '')
      .replace(/(?<!["'“”„«»‘’.])["'“”„«»‘’.]+$/, '')
      .trim()
  );
}
