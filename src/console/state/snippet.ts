import { resolveEntities } from '../../base/html-entities.ts';

/** A piece of a snippet: words that were found, or the text around them. */
export interface SnippetPart {
  readonly text: string;
  readonly isFound: boolean;
}

/**
 * Reads the snippet of a search: text with escapes, in which `<mark>` is the only markup. Whatever else looks like markup
 * stays text.
 */
export function snippetParts(snippet: string): readonly SnippetPart[] {
  // With one group in the pattern, every second piece is what a mark holds.
  return snippet
    .split(/<mark>(.*?)<\/mark>/s)
    .map((piece, index) => ({ text: resolveEntities(piece), isFound: index % 2 === 1 }))
    .filter(({ text }) => text !== '');
}
