CREATE TABLE "Change" (
    "id" BIGSERIAL NOT NULL,
    "transactionId" BIGINT NOT NULL DEFAULT 0,
    "sessionId" INTEGER,
    "userId" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "payload" JSON NOT NULL,
    "at" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "Change_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "Change_transactionId_id_idx" ON "Change"("transactionId", "id");
CREATE INDEX "Change_sessionId_transactionId_id_idx" ON "Change"("sessionId", "transactionId", "id");
CREATE INDEX "Change_userId_transactionId_id_idx" ON "Change"("userId", "transactionId", "id");
