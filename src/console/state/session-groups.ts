import type { SessionNameFragment } from '../../gql/console/graphql.ts';

/** The sessions of a day, of some days, or of a month, under one heading. */
export interface SessionGroup {
  readonly heading: string;
  readonly sessions: readonly SessionNameFragment[];
}

/**
 * Groups sessions by the day of their last activity, in the time zone of the browser.
 *
 * @param sessions By last activity.
 * @param now Milliseconds since the epoch.
 */
export function groupByDate(sessions: readonly SessionNameFragment[], now: number): readonly SessionGroup[] {
  const groups: { heading: string; sessions: SessionNameFragment[] }[] = [];
  for (const session of sessions) {
    const heading = headingOf(new Date(session.lastActivityAt), now);
    const last = groups.at(-1);
    if (last?.heading === heading) last.sessions.push(session);
    else groups.push({ heading, sessions: [session] });
  }
  return groups;
}

function headingOf(at: Date, now: number): string {
  // A clock that runs behind the gateway's makes a session of tomorrow.
  if (at.getTime() >= startOfDay(now, 0)) return 'Today';
  if (at.getTime() >= startOfDay(now, 1)) return 'Yesterday';
  if (at.getTime() >= startOfDay(now, 7)) return 'Previous 7 days';
  return at.toLocaleDateString(undefined, { month: 'long', year: 'numeric' });
}

/** The midnight that began the day so many days ago. Days are counted by the calendar, because some have 23 or 25 hours. */
export function startOfDay(now: number, daysAgo: number): number {
  const day = new Date(now);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() - daysAgo).getTime();
}
