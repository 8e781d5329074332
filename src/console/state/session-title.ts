import type { SessionNameFragment } from '../../gql/console/graphql.ts';

export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** The title of a session; without one its first words. */
export function displayedTitle({ title, preview }: Pick<SessionNameFragment, 'title' | 'preview'>): string {
  if (title?.trim()) return title;
  if (preview != null) return preview;
  return 'New session';
}
