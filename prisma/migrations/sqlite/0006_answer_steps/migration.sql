-- CreateTable
CREATE TABLE "AnswerStep" (
    "messageId" INTEGER NOT NULL,
    "step" INTEGER NOT NULL,
    "providerName" TEXT NOT NULL,
    "modelName" TEXT NOT NULL,
    "parts" JSONB NOT NULL,

    PRIMARY KEY ("messageId", "step"),
    CONSTRAINT "AnswerStep_messageId_fkey" FOREIGN KEY ("messageId") REFERENCES "Message" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- Mark the prompts that were withdrawn while they waited in the queue: no model may be shown them.
UPDATE "Message" SET "status" = 'CANCELLED' WHERE "id" IN (
    SELECT "userMessageId" FROM "Run" WHERE "status" = 'CANCELLED' AND "startedAt" IS NULL
);
