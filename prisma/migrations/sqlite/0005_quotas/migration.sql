-- AlterTable
ALTER TABLE "Session" ADD COLUMN "messageCount" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "Session" ADD COLUMN "storedBytes" BIGINT NOT NULL DEFAULT 0;

-- Count what earlier versions have stored.
UPDATE "Session" SET
    "messageCount" = (SELECT COUNT(*) FROM "Message" WHERE "sessionId" = "Session"."id"),
    "storedBytes" = (
        SELECT COALESCE(SUM(LENGTH(CAST("content" AS BLOB))), 0) FROM "Message"
        WHERE "sessionId" = "Session"."id" AND "role" = 'USER'
    ) + (
        SELECT COALESCE(SUM("size"), 0) FROM "MessageAudio"
        JOIN "Message" ON "Message"."id" = "messageId"
        WHERE "sessionId" = "Session"."id"
    );

-- Drop the nodes that were only named, in sessions that no longer have them.
DELETE FROM "AgentNode"
WHERE "tokenHash" IS NULL AND "id" NOT IN (SELECT "agentNodeId" FROM "SessionNode");
