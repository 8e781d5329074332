import type { SessionNameFragment } from '../../gql/console/graphql.ts';

/** Which sessions the list has. */
export interface SessionFilter {
  /** Whether it has the archived ones in place of the others. */
  readonly archived: boolean;
  /** Only sessions with this tag. Undefined: with any tags. */
  readonly tag: string | undefined;
}

/** The list as it is at first. */
export const openSessions: SessionFilter = { archived: false, tag: undefined };

export function fits({ archivedAt, tags }: SessionNameFragment, { archived, tag }: SessionFilter): boolean {
  return (archivedAt != null) === archived && (tag === undefined || tags.includes(tag));
}
