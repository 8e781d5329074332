import type { Mark } from './match.ts';

/** Characters of the text in a snippet, and those of them before the first word. */
const length = 180;
const before = 50;

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * The part of a text that has the most pieces of a query, on one line, as HTML: the words of the query are in `<mark>`, and
 * `&`, `<`, `>`, `"` and `'` of the text are escaped, so that it has no other markup.
 */
export function snippetOf(text: string, marks: readonly Mark[]): string {
  const first = marks.toSorted((a, b) => piecesFrom(b, marks) - piecesFrom(a, marks))[0];
  const start = startOf(text, Math.max(0, (first?.start ?? 0) - before));
  const end = endOf(text, Math.min(text.length, start + length));
  let html = start > 0 ? '…' : '';
  let at = start;
  for (const mark of marks) {
    if (mark.start < at || mark.start >= end) continue;
    const markEnd = Math.min(mark.end, end);
    html += `${escaped(text.slice(at, mark.start))}<mark>${escaped(text.slice(mark.start, markEnd))}</mark>`;
    at = markEnd;
  }
  return html + escaped(text.slice(at, end)) + (end < text.length ? '…' : '');
}

/** How many pieces of the query a snippet has that begins at this mark. */
function piecesFrom({ start }: Mark, marks: readonly Mark[]): number {
  const within = marks.filter((mark) => mark.start >= start && mark.end <= start + length - before);
  return new Set(within.map(({ piece }) => piece)).size;
}

function escaped(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[&<>"']/g, (character) => escapes[character] ?? '');
}

/** Moves a position out of the middle of a surrogate pair. */
function startOf(text: string, at: number): number {
  return isLowSurrogate(text, at) ? at - 1 : at;
}

function endOf(text: string, at: number): number {
  return isLowSurrogate(text, at) ? at + 1 : at;
}

function isLowSurrogate(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return at > 0 && code >= 0xdc00 && code <= 0xdfff;
}
