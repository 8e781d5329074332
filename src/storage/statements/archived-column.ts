/** By which columns sessions are listed, besides whether they are archived. */
export interface OwnerColumns {
  user: boolean;
  feature: boolean;
}

/**
 * Whether a session is archived, in SQL, as the indexes of such a list have it (migration 0031 of SQLite, 0012 of PostgreSQL).
 * If all had the column itself, the databases would take the index of all sessions for the sessions of one user, because
 * it is smaller, and skip those of the others.
 */
export function archivedColumn({ user, feature }: OwnerColumns): string {
  if (user && feature) return 'coalesce("isArchived","isArchived")';
  if (feature) return 'coalesce("isArchived",TRUE)';
  return user ? '"isArchived"' : 'coalesce("isArchived",FALSE)';
}
