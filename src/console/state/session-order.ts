import type { SessionNameFragment } from '../../gql/console/graphql.ts';

type Sessions = readonly SessionNameFragment[];

/** Sorts sessions by their last activity, the latest first. Sessions of the same moment keep their order. */
export function byActivity(sessions: Sessions): Sessions {
  return [...sessions].sort((a, b) => Date.parse(b.lastActivityAt) - Date.parse(a.lastActivityAt));
}

/**
 * Joins the newest sessions, which have just been loaded, with those that were loaded before. A session that was used
 * later than the oldest of the page and is not in it has been deleted.
 *
 * @param hasOlder Whether there are older sessions than those of the page.
 */
export function mergeNewest(known: Sessions, page: Sessions, hasOlder: boolean): Sessions {
  const oldest = page.at(-1);
  if (!hasOlder || oldest === undefined) return page;
  const ids = new Set(page.map(({ id }) => id));
  const isOlder = ({ lastActivityAt }: SessionNameFragment) =>
    Date.parse(lastActivityAt) < Date.parse(oldest.lastActivityAt);
  return [...page, ...known.filter((each) => !ids.has(each.id) && isOlder(each))];
}
