-- AlterTable
ALTER TABLE "Session" ADD COLUMN "deletedAt" DATETIME;
ALTER TABLE "Session" ADD COLUMN "clearedThroughId" INTEGER NOT NULL DEFAULT 0;

-- CreateIndex
-- It holds only the sessions with rows to delete, so that a start finds these without reading the others.
CREATE INDEX "Session_clearedThroughId_idx" ON "Session"("id") WHERE "clearedThroughId" > 0;
