import {
  type GroupedUsage,
  type UsageGroup,
  usageOfAll,
  usageOfUser,
} from '../../storage/statements/daily-usage.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import type { Usage } from './usage.ts';

/** By what the rows of a report are put together. */
export type UsageBy = 'DAY' | 'MODEL' | 'FEATURE' | 'USER';

/** The most rows of a report. */
export const maxUsageRows = 1_000;

export interface UsageQuery {
  /** Undefined: all users. */
  userId: string | undefined;
  /** The first day and the last one, in UTC: `2026-03-31`. */
  from: string;
  to: string;
  by: UsageBy;
}

/** What was used in one group: on one day, of one model, in one part of the application, or by one user. */
export interface UsageRow {
  by: UsageBy;
  /** The day, the part of the application or the user; null where the groups are models. */
  group: string | null;
  /** How many runs have ended. */
  runs: number;
  /** The tokens of each model: at least one. */
  byModel: Usage[];
}

const groups: Record<UsageBy, UsageGroup> = {
  DAY: 'day',
  MODEL: 'model',
  FEATURE: 'featureName',
  USER: 'userId',
};

/**
 * What was used from one day to another, also in sessions that were deleted since. Days come in their order, other rows by
 * their tokens, those with most first; of more than `maxUsageRows`, those with fewest are left out.
 */
export async function readUsage(statements: Statements, query: UsageQuery): Promise<UsageRow[]> {
  const { userId, from, to, by } = query;
  const group = groups[by];
  const range = userId === undefined ? [from, to] : [userId, from, to];
  const parameters = [...range, ...(group === 'model' ? [] : range), maxUsageRows];
  const statement = (userId === undefined ? usageOfAll : usageOfUser)[group];
  const rows = new Map<string, UsageRow>();
  for (const found of await statements.all(statement, parameters)) {
    const key = found.group ?? `${found.providerName}/${found.modelName}`;
    const row = rows.get(key) ?? { by, group: found.group, runs: 0, byModel: [] };
    row.runs += found.runs;
    row.byModel.push(toUsage(found));
    rows.set(key, row);
  }
  return [...rows.values()].toSorted(by === 'DAY' ? byDay : byTokens);
}

function toUsage({ group: _group, runs: _runs, estimated, ...usage }: GroupedUsage): Usage {
  return { ...usage, measured: estimated === 0 };
}

function byDay(a: UsageRow, b: UsageRow): number {
  return (a.group ?? '') < (b.group ?? '') ? -1 : 1;
}

function byTokens(a: UsageRow, b: UsageRow): number {
  return tokensOf(b) - tokensOf(a);
}

function tokensOf({ byModel }: UsageRow): number {
  return byModel.reduce((sum, { inputTokens, outputTokens }) => sum + inputTokens + outputTokens, 0);
}

/** A day in UTC, as the database has it. */
export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

const dayMs = 86_400_000;

/** The day so many days after another one; before it, if the number is negative. */
export function addDays(day: string, days: number): string {
  return dayOf(new Date(Date.parse(day) + days * dayMs));
}
