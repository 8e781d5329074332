-- Whether the model may ask the user questions.
ALTER TABLE "Session" ADD COLUMN "askUser" BOOLEAN NOT NULL DEFAULT false;

-- Tools of the frontend, which clients run.
ALTER TYPE "ToolCallStatus" ADD VALUE 'AWAITING_CLIENT' AFTER 'AWAITING_APPROVAL';
ALTER TABLE "Run" ADD COLUMN "askUser" BOOLEAN NOT NULL DEFAULT false, ADD COLUMN "toolSetId" INTEGER;
ALTER TABLE "ToolCall" ADD COLUMN "byClient" BOOLEAN NOT NULL DEFAULT false;
CREATE TABLE "ToolSet" (
    "id" SERIAL NOT NULL,
    "sessionId" INTEGER NOT NULL,
    "hash" TEXT NOT NULL,
    "tools" JSON NOT NULL,

    CONSTRAINT "ToolSet_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "ToolSet_sessionId_hash_key" ON "ToolSet"("sessionId", "hash");
ALTER TABLE "ToolSet" ADD CONSTRAINT "ToolSet_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session"("id") ON DELETE CASCADE ON UPDATE CASCADE;
