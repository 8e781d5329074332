-- When a session was last used, and the indexes that list sessions in that order.
ALTER TABLE "Session" ADD COLUMN "lastActivityAt" DATETIME NOT NULL DEFAULT '1970-01-01 00:00:00 +00:00';

UPDATE "Session" SET "lastActivityAt" = COALESCE((
    SELECT COALESCE("finishedAt", "startedAt", "createdAt") FROM "Run"
    WHERE "Run"."sessionId" = "Session"."id" ORDER BY "Run"."id" DESC LIMIT 1
), "createdAt");

CREATE INDEX "Session_lastActivityAt_id_idx" ON "Session"("lastActivityAt", "id");
CREATE INDEX "Session_userId_lastActivityAt_id_idx" ON "Session"("userId", "lastActivityAt", "id");
CREATE INDEX "Session_userId_featureName_lastActivityAt_id_idx" ON "Session"("userId", "featureName", "lastActivityAt", "id");
CREATE INDEX "Session_featureName_lastActivityAt_id_idx" ON "Session"("featureName", "lastActivityAt", "id");
