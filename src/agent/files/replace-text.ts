/** @returns How often `part` occurs, without overlaps, and the text with each occurrence replaced. */
export function replaceText({ text, part, by, maxLength }: ReplaceOptions): Replaced {
  const count = countIn(text, part);
  const length = text.length + count * (by.length - part.length);
  return { count, text: length > maxLength ? undefined : text.replaceAll(part, () => by) };
}

export interface ReplaceOptions {
  text: string;
  /** At least one character. */
  part: string;
  by: string;
  maxLength: number;
}

export interface Replaced {
  count: number;
  /** Undefined if the text would be longer than `maxLength`. */
  text: string | undefined;
}

function countIn(text: string, part: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) count += 1;
  return count;
}
