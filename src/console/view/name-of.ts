import type { SessionNameFragment } from '../../gql/console/graphql.ts';

/** What a session is called for people: its title, or else when it began. */
export function nameOf({ title, createdAt }: Pick<SessionNameFragment, 'title' | 'createdAt'>): string {
  if (title?.trim()) return title;
  const began = new Date(createdAt);
  return `Session of ${began.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}`;
}
