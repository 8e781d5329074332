import { plainStatement } from './row-decoder.ts';

// What budgets are compared with: src/chat/budgets/budgets.ts.

/** The tokens of one model. */
export interface SpentTokens {
  providerName: string;
  modelName: string;
  inputTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  cachedInputTokens: number;
  cacheWriteInputTokens: number;
}

const sums = ['inputTokens', 'outputTokens', 'reasoningTokens', 'cachedInputTokens', 'cacheWriteInputTokens']
  .map((name) => `SUM("${name}") AS "${name}"`)
  .join(', ');

const spent = (condition: string) =>
  plainStatement<SpentTokens & { isToday: number }>(
    `SELECT "providerName", "modelName", CASE WHEN "day" >= ? THEN 1 ELSE 0 END AS "isToday", ${sums}
    FROM "DailyUsage" WHERE ${condition}"day" >= ? GROUP BY 1, 2, 3`,
  );

/** What a user has used in runs that have ended. Parameters: today, userId, the first day. */
export const spentByUser = spent('"userId" = ? AND ');

/** What all users have used in runs that have ended. Parameters: today, the first day. */
export const spentByAll = spent('');

/** The tokens of each RUNNING run, as its last checkpoint says. */
export const spentByLiveRuns = plainStatement<SpentTokens & { id: number; userId: string }>(
  `SELECT "Run"."id", "Session"."userId", "Run"."providerName", "Run"."modelName", "inputTokens", "outputTokens",
    "reasoningTokens", "cachedInputTokens", "cacheWriteInputTokens"
  FROM "Run" JOIN "Session" ON "Session"."id" = "Run"."sessionId" WHERE "Run"."status" = 'RUNNING'`,
);

/** The budget of a user. Parameter: userId. */
export const budgetOfUser = plainStatement<{ perDay: string | null; perMonth: string | null }>(
  'SELECT "perDay", "perMonth" FROM "UserBudget" WHERE "userId" = ?',
);

/** Sets the budget of a user. Parameters: userId, perDay, perMonth, now. */
export const setUserBudget = plainStatement<never>(
  `INSERT INTO "UserBudget" ("userId", "perDay", "perMonth", "updatedAt") VALUES (?, ?, ?, ?)
  ON CONFLICT ("userId") DO UPDATE SET "perDay" = excluded."perDay", "perMonth" = excluded."perMonth",
    "updatedAt" = excluded."updatedAt"`,
);

/** Says that a run waits, or goes on (null). Parameters: pausedUntil, id, fence. */
export const pauseRun = plainStatement<never>(
  `UPDATE "Run" SET "pausedUntil" = ? WHERE "id" = ? AND "status" = 'RUNNING' AND "fence" = ?`,
);
