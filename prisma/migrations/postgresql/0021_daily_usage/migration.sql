-- The tokens of each user, day, model and part of the application, which stay when sessions are deleted.
CREATE TABLE "DailyUsage" (
    "userId" TEXT NOT NULL,
    "day" TEXT NOT NULL,
    "featureName" TEXT NOT NULL,
    "providerName" TEXT NOT NULL,
    "modelName" TEXT NOT NULL,
    "part" INTEGER NOT NULL DEFAULT 0,
    "runs" INTEGER NOT NULL DEFAULT 0,
    "inputTokens" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "outputTokens" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "reasoningTokens" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "cachedInputTokens" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "cacheWriteInputTokens" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "measured" BOOLEAN NOT NULL DEFAULT true,

    CONSTRAINT "DailyUsage_pkey" PRIMARY KEY ("userId", "day", "featureName", "providerName", "modelName", "part")
);
CREATE INDEX "DailyUsage_day_idx" ON "DailyUsage"("day");

-- The runs so far. Those of sessions that were deleted before are not known any more.
INSERT INTO "DailyUsage" ("userId", "day", "featureName", "providerName", "modelName", "runs", "inputTokens", "outputTokens",
    "reasoningTokens", "cachedInputTokens", "cacheWriteInputTokens", "measured")
SELECT "Session"."userId", to_char("Run"."finishedAt", 'YYYY-MM-DD'), "Session"."featureName", "Run"."providerName",
    "Run"."modelName", count(*), sum("Run"."inputTokens"), sum("Run"."outputTokens"), sum("Run"."reasoningTokens"),
    sum("Run"."cachedInputTokens"), sum("Run"."cacheWriteInputTokens"), bool_and("Run"."usageMeasured")
FROM "Run" JOIN "Session" ON "Session"."id" = "Run"."sessionId"
WHERE "Run"."finishedAt" IS NOT NULL AND "Run"."inputTokens" + "Run"."outputTokens" > 0
GROUP BY 1, 2, 3, 4, 5;

-- A run that is inserted with its end, as a copy of another, is not counted. Runs of one user that end at the same time wait
-- for each other only where they are counted in the same part.
CREATE FUNCTION "addDailyUsage"() RETURNS TRIGGER LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    INSERT INTO "DailyUsage" AS "known" ("userId", "day", "featureName", "providerName", "modelName", "part", "runs",
        "inputTokens", "outputTokens", "reasoningTokens", "cachedInputTokens", "cacheWriteInputTokens", "measured")
    SELECT "userId", to_char(NEW."finishedAt", 'YYYY-MM-DD'), "featureName", NEW."providerName", NEW."modelName",
        CAST(NEW."sessionId" % 16 AS INTEGER), 1, NEW."inputTokens", NEW."outputTokens", NEW."reasoningTokens",
        NEW."cachedInputTokens", NEW."cacheWriteInputTokens", NEW."usageMeasured"
    FROM "Session" WHERE "id" = NEW."sessionId"
    ON CONFLICT ("userId", "day", "featureName", "providerName", "modelName", "part") DO UPDATE SET
        "runs" = "known"."runs" + 1,
        "inputTokens" = "known"."inputTokens" + excluded."inputTokens",
        "outputTokens" = "known"."outputTokens" + excluded."outputTokens",
        "reasoningTokens" = "known"."reasoningTokens" + excluded."reasoningTokens",
        "cachedInputTokens" = "known"."cachedInputTokens" + excluded."cachedInputTokens",
        "cacheWriteInputTokens" = "known"."cacheWriteInputTokens" + excluded."cacheWriteInputTokens",
        "measured" = "known"."measured" AND excluded."measured";
    RETURN NULL;
END $$;
CREATE TRIGGER "Run_daily_usage" AFTER UPDATE OF "finishedAt" ON "Run" FOR EACH ROW
    WHEN (OLD."finishedAt" IS NULL AND NEW."finishedAt" IS NOT NULL AND NEW."inputTokens" + NEW."outputTokens" > 0)
    EXECUTE FUNCTION "addDailyUsage"();
