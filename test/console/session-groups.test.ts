import { expect, test } from 'vitest';
import { groupByDate, startOfDay } from '../../src/console/state/session-groups.ts';

const session = (title: string, at: Date) => ({
  id: title,
  title,
  status: 'IDLE' as const,
  tags: [],
  createdAt: at.toISOString(),
  lastActivityAt: at.toISOString(),
});

test('sessions are grouped by calendar days of the local time zone, and older ones by month', () => {
  const now = new Date(2026, 2, 30, 0, 30).getTime();
  const sessions = [
    session('in a moment', new Date(2026, 2, 30, 0, 31)),
    session('this day', new Date(2026, 2, 30, 0, 0)),
    session('before midnight', new Date(2026, 2, 29, 23, 59)),
    session('a day before', new Date(2026, 2, 28, 12)),
    session('a week before', new Date(2026, 2, 23, 0, 0)),
    session('earlier', new Date(2026, 2, 22, 23, 59)),
    session('long ago', new Date(2025, 11, 24)),
  ];

  const groups = groupByDate(sessions, now).map(({ sessions: group }) => group.map(({ title }) => title));

  expect(groups).toEqual([
    ['in a moment', 'this day'],
    ['before midnight'],
    ['a day before', 'a week before'],
    ['earlier'],
    ['long ago'],
  ]);
  expect(groupByDate(sessions, startOfDay(now, -1))[0]?.heading).toBe('Yesterday');
});
