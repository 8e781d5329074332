import { shorten } from '../../base/cut-text.ts';
/** A line that matches a pattern. */
export interface FoundLine {
  /** The first line of the file is 1. */
  number: number;
  /** The line, or the first 300 characters of a longer one. */
  text: string;
}

const maxLineLength = 300;

/** Finds the first `maxResults` lines of a text that match a pattern. */
export function findLines(text: string, pattern: RegExp, maxResults: number): FoundLine[] {
  const found: FoundLine[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (found.length === maxResults) break;
    const content = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (!pattern.test(content)) continue;
    found.push({ number: index + 1, text: shorten(content, maxLineLength) });
  }
  return found;
}
