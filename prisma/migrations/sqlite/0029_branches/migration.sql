-- Branches: lines of messages, which message a session shows last, and runs that answer a prompt once more. The messages
-- of an earlier version are the first line of their session, which needs no row.
ALTER TABLE "Session" ADD COLUMN "headId" INTEGER;
ALTER TABLE "Run" ADD COLUMN "editOfId" INTEGER;
ALTER TABLE "Run" ADD COLUMN "answersAgain" BOOLEAN NOT NULL DEFAULT false;

DROP INDEX "Run_userMessageId_key";
CREATE INDEX "Run_userMessageId_idx" ON "Run"("userMessageId");

CREATE TABLE "MessageLine" (
    "firstId" INTEGER NOT NULL PRIMARY KEY,
    "sessionId" INTEGER NOT NULL,
    "parentId" INTEGER NOT NULL,
    "parentLineId" INTEGER NOT NULL,
    "rootLineId" INTEGER NOT NULL,
    "level" INTEGER NOT NULL,
    "jumpId" INTEGER NOT NULL,
    "messagesBefore" INTEGER NOT NULL,
    CONSTRAINT "MessageLine_firstId_fkey" FOREIGN KEY ("firstId") REFERENCES "Message" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "MessageLine_sessionId_firstId_idx" ON "MessageLine"("sessionId", "firstId");
CREATE INDEX "MessageLine_sessionId_parentId_firstId_idx" ON "MessageLine"("sessionId", "parentId", "firstId");

CREATE TABLE "RemovedMessages" (
    "sessionId" INTEGER NOT NULL,
    "firstId" INTEGER NOT NULL,
    "lastId" INTEGER NOT NULL,

    PRIMARY KEY ("sessionId", "firstId"),
    CONSTRAINT "RemovedMessages_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
