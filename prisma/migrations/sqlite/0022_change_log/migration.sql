CREATE TABLE "Change" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "transactionId" BIGINT NOT NULL DEFAULT 0,
    "sessionId" INTEGER,
    "userId" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "at" DATETIME NOT NULL
);
CREATE INDEX "Change_transactionId_id_idx" ON "Change"("transactionId", "id");
CREATE INDEX "Change_sessionId_transactionId_id_idx" ON "Change"("sessionId", "transactionId", "id");
CREATE INDEX "Change_userId_transactionId_id_idx" ON "Change"("userId", "transactionId", "id");
