import { cutText } from '../../base/cut-text.ts';
import type { SessionNameFragment } from '../../gql/console/graphql.ts';

/** The longest title that is made from a prompt, in characters. */
const longestTitle = 60;

/** The title that a session gets from its first prompt. */
export function titleFromPrompt(prompt: string): string {
  const line = oneLine(prompt);
  return line.length > longestTitle ? `${cutText(line, longestTitle - 1).trimEnd()}…` : line;
}

export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** The title of a session; without one its first words, and without messages the date of its creation. */
export function displayedTitle({
  title,
  preview,
  createdAt,
}: Pick<SessionNameFragment, 'title' | 'preview' | 'createdAt'>): string {
  if (title?.trim()) return title;
  if (preview != null) return preview;
  const created = new Date(createdAt);
  return `Session from ${created.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}`;
}
