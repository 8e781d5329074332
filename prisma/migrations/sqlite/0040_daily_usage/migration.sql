-- The tokens of each user, day, model and part of the application, which stay when sessions are deleted.
CREATE TABLE "DailyUsage" (
    "userId" TEXT NOT NULL,
    "day" TEXT NOT NULL,
    "featureName" TEXT NOT NULL,
    "providerName" TEXT NOT NULL,
    "modelName" TEXT NOT NULL,
    "part" INTEGER NOT NULL DEFAULT 0,
    "runs" INTEGER NOT NULL DEFAULT 0,
    "inputTokens" INTEGER NOT NULL DEFAULT 0,
    "outputTokens" INTEGER NOT NULL DEFAULT 0,
    "reasoningTokens" INTEGER NOT NULL DEFAULT 0,
    "cachedInputTokens" INTEGER NOT NULL DEFAULT 0,
    "cacheWriteInputTokens" INTEGER NOT NULL DEFAULT 0,
    "measured" BOOLEAN NOT NULL DEFAULT true,

    PRIMARY KEY ("userId", "day", "featureName", "providerName", "modelName", "part")
);
CREATE INDEX "DailyUsage_day_idx" ON "DailyUsage"("day");

-- The runs so far. Those of sessions that were deleted before are not known any more.
INSERT INTO "DailyUsage" ("userId", "day", "featureName", "providerName", "modelName", "runs", "inputTokens", "outputTokens",
    "reasoningTokens", "cachedInputTokens", "cacheWriteInputTokens", "measured")
SELECT "Session"."userId",
    CASE typeof("Run"."finishedAt") WHEN 'text' THEN substr("Run"."finishedAt", 1, 10)
        ELSE date("Run"."finishedAt" / 1000, 'unixepoch') END AS "day",
    "Session"."featureName", "Run"."providerName", "Run"."modelName", count(*), sum("Run"."inputTokens"),
    sum("Run"."outputTokens"), sum("Run"."reasoningTokens"), sum("Run"."cachedInputTokens"),
    sum("Run"."cacheWriteInputTokens"), min("Run"."usageMeasured")
FROM "Run" JOIN "Session" ON "Session"."id" = "Run"."sessionId"
WHERE "Run"."finishedAt" IS NOT NULL AND "Run"."inputTokens" + "Run"."outputTokens" > 0
GROUP BY 1, 2, 3, 4, 5;

-- A migration that rebuilds the table "Run" must create this trigger again. A run that is inserted with its end, as a copy of
-- another, is not counted.
CREATE TRIGGER "Run_daily_usage" AFTER UPDATE OF "finishedAt" ON "Run"
WHEN old."finishedAt" IS NULL AND new."finishedAt" IS NOT NULL AND new."inputTokens" + new."outputTokens" > 0 BEGIN
    INSERT INTO "DailyUsage" ("userId", "day", "featureName", "providerName", "modelName", "runs", "inputTokens", "outputTokens",
        "reasoningTokens", "cachedInputTokens", "cacheWriteInputTokens", "measured")
    SELECT "userId", substr(new."finishedAt", 1, 10), "featureName", new."providerName", new."modelName", 1, new."inputTokens",
        new."outputTokens", new."reasoningTokens", new."cachedInputTokens", new."cacheWriteInputTokens", new."usageMeasured"
    FROM "Session" WHERE "id" = new."sessionId"
    ON CONFLICT ("userId", "day", "featureName", "providerName", "modelName", "part") DO UPDATE SET
        "runs" = "runs" + 1,
        "inputTokens" = "inputTokens" + excluded."inputTokens",
        "outputTokens" = "outputTokens" + excluded."outputTokens",
        "reasoningTokens" = "reasoningTokens" + excluded."reasoningTokens",
        "cachedInputTokens" = "cachedInputTokens" + excluded."cachedInputTokens",
        "cacheWriteInputTokens" = "cacheWriteInputTokens" + excluded."cacheWriteInputTokens",
        "measured" = "measured" AND excluded."measured";
END;
