/** A line that a pattern matches. */
export interface FoundLine {
  /** From 1 on. */
  number: number;
  text: string;
}

const maxLineLength = 300;

/** The first lines of a text that a pattern matches; of a long line its beginning is given. */
export function findLines(text: string, pattern: RegExp, atMost: number): FoundLine[] {
  const found: FoundLine[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (found.length === atMost) break;
    const content = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (!pattern.test(content)) continue;
    found.push({ number: index + 1, text: shorten(content) });
  }
  return found;
}

function shorten(line: string): string {
  if (line.length <= maxLineLength) return line;
  // Not half a character at its end.
  return `${line.slice(0, maxLineLength).replace(/\p{Surrogate}$/u, '')}…`;
}
