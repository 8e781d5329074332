import { plainStatement } from './row-decoder.ts';

// What users have used by day: src/chat/usage/README.md. A trigger adds the runs.

/** By what rows of usage are put together. */
export type UsageGroup = 'day' | 'model' | 'featureName' | 'userId';

/** The tokens of one model in one group. */
export interface GroupedUsage {
  /** The day, the part of the application or the user; null where the groups are models. */
  group: string | null;
  providerName: string;
  modelName: string;
  runs: number;
  inputTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  cachedInputTokens: number;
  cacheWriteInputTokens: number;
  /** How many rows were estimated in part. */
  estimated: number;
}

const sums = [
  'runs',
  'inputTokens',
  'outputTokens',
  'reasoningTokens',
  'cachedInputTokens',
  'cacheWriteInputTokens',
]
  .map((name) => `SUM("${name}") AS "${name}"`)
  .join(', ');

const columns: Record<UsageGroup, string> = {
  day: '"day"',
  model: 'NULL',
  featureName: '"featureName"',
  userId: '"userId"',
};

/** Finds the groups with most tokens first, because there may be many users. */
function statement(group: UsageGroup, ofUser: boolean) {
  const column = columns[group];
  const range = `${ofUser ? '"userId" = ? AND ' : ''}"day" >= ? AND "day" <= ?`;
  const grouped = (rows: string) =>
    `SELECT ${column} AS "group", "providerName", "modelName", ${sums},
      SUM(CASE WHEN "measured" THEN 0 ELSE 1 END) AS "estimated"
    FROM "DailyUsage" WHERE ${range}${rows} GROUP BY 1, 2, 3`;
  if (group === 'model')
    return `${grouped('')} ORDER BY SUM("inputTokens" + "outputTokens") DESC, 2, 3 LIMIT ?`;
  const most = `SELECT ${column} FROM "DailyUsage" WHERE ${range} GROUP BY 1
    ORDER BY SUM("inputTokens" + "outputTokens") DESC, 1 LIMIT ?`;
  return grouped(` AND ${column} IN (${most})`);
}

const groups: readonly UsageGroup[] = ['day', 'model', 'featureName', 'userId'];

function statements(ofUser: boolean) {
  const entries = groups.map((group) => [group, plainStatement<GroupedUsage>(statement(group, ofUser))]);
  return Object.fromEntries(entries) as Record<UsageGroup, ReturnType<typeof plainStatement<GroupedUsage>>>;
}

/**
 * The usage of one user. Parameters: userId, first day, last day, and, unless the group is `model`, the same three again; at
 * last how many groups.
 */
export const usageOfUser = statements(true);

/** The usage of all users. Parameters as for `usageOfUser`, without the userId. */
export const usageOfAll = statements(false);

/**
 * Adds tokens that no run has used, as those for a title. Parameters: day, providerName, modelName, the five token counts,
 * measured, sessionId.
 */
export const addDailyUsage = plainStatement<never>(
  `INSERT INTO "DailyUsage" AS "known" ("userId", "day", "featureName", "providerName", "modelName", "inputTokens",
    "outputTokens", "reasoningTokens", "cachedInputTokens", "cacheWriteInputTokens", "measured")
  SELECT "userId", ?, "featureName", ?, ?, ?, ?, ?, ?, ?, ? FROM "Session" WHERE "id" = ?
  ON CONFLICT ("userId", "day", "featureName", "providerName", "modelName", "part") DO UPDATE SET
    "inputTokens" = "known"."inputTokens" + excluded."inputTokens",
    "outputTokens" = "known"."outputTokens" + excluded."outputTokens",
    "reasoningTokens" = "known"."reasoningTokens" + excluded."reasoningTokens",
    "cachedInputTokens" = "known"."cachedInputTokens" + excluded."cachedInputTokens",
    "cacheWriteInputTokens" = "known"."cacheWriteInputTokens" + excluded."cacheWriteInputTokens",
    "measured" = "known"."measured" AND excluded."measured"`,
);
