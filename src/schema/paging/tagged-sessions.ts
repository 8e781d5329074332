import type { Context } from '../../context.ts';
import type { SessionSelection } from '../../storage/statements/sessions.ts';
import { pinnedTag } from '../../storage/statements/tagged-sessions.ts';
import type { Activity } from './cursor.ts';
import type { PageOf } from './page.ts';
import type { SessionOrder } from './session-order.ts';

/** Sessions with a tag, pinned sessions, or pinned sessions with a tag. */
export interface TaggedFilter extends SessionSelection {
  tag?: string | null | undefined;
  pinned?: boolean | null | undefined;
}

/** The tags that a filter asks for; none if it asks for no tag and not only for pinned sessions. */
export function tagsOf({ tag, pinned }: TaggedFilter): string[] {
  return [...(pinned ? [pinnedTag] : []), ...(tag != null ? [tag] : [])];
}

/** A page of sessions with tags. The archived ones and the others lie apart in the index. */
export async function findTagged<Position>(
  { statements }: Pick<Context, 'statements'>,
  [tag = pinnedTag, alsoTag]: string[],
  { userId, featureName, archived }: SessionSelection,
  page: PageOf<Position>,
  order: SessionOrder<Position>,
): Promise<Activity[]> {
  const found: Activity[] = [];
  for (const isArchived of archived == null ? [false, true] : [archived]) {
    const selection = { userId, featureName, tag, alsoTag, archived: isArchived };
    const { statement, before, after } = order.taggedPages[page.order](selection);
    const ends = [page.after, page.before].flatMap((end) => [...before, ...order.parametersOf(end)]);
    found.push(...(await statements.all(statement, [...ends, ...after, page.limit])));
  }
  const sign = page.order === 'asc' ? 1 : -1;
  return found.toSorted((a, b) => sign * order.compare(a, b)).slice(0, page.limit);
}
