-- Whether the model may ask the user questions.
ALTER TABLE "Session" ADD COLUMN "askUser" BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE "Run" ADD COLUMN "askUser" BOOLEAN NOT NULL DEFAULT false;

-- Tools of the frontend, which clients run.
ALTER TABLE "Run" ADD COLUMN "toolSetId" INTEGER;
ALTER TABLE "ToolCall" ADD COLUMN "byClient" BOOLEAN NOT NULL DEFAULT false;
CREATE TABLE "ToolSet" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "sessionId" INTEGER NOT NULL,
    "hash" TEXT NOT NULL,
    "tools" JSONB NOT NULL,
    CONSTRAINT "ToolSet_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "ToolSet_sessionId_hash_key" ON "ToolSet"("sessionId", "hash");
