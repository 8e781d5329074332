import { cutText } from '../../base/cut-text.ts';
import type { SessionNameFragment } from '../../gql/console/graphql.ts';

/** The longest title that is made from a prompt, in characters. */
const longestTitle = 60;

/** The title that a session gets from its first prompt. */
export function titleFromPrompt(prompt: string): string {
  const line = prompt.replace(/\s+/g, ' ').trim();
  return line.length > longestTitle ? `${cutText(line, longestTitle - 1).trimEnd()}…` : line;
}

/** The title of a session, or the date of its creation when it has no title. */
export function displayedTitle({
  title,
  createdAt,
}: Pick<SessionNameFragment, 'title' | 'createdAt'>): string {
  if (title?.trim()) return title;
  const created = new Date(createdAt);
  return `Session from ${created.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}`;
}
