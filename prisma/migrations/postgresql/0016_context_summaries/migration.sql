-- Summaries that stand for the older messages of a branch, where these do not fit into the context of a model.
CREATE TABLE "ContextSummary" (
    "throughId" INTEGER NOT NULL,
    "sessionId" INTEGER NOT NULL,
    "text" TEXT NOT NULL,
    "tokenCount" INTEGER NOT NULL,
    "coveredMessages" INTEGER NOT NULL,
    "providerName" TEXT NOT NULL,
    "modelName" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ContextSummary_pkey" PRIMARY KEY ("throughId")
);
CREATE INDEX "ContextSummary_sessionId_throughId_idx" ON "ContextSummary"("sessionId", "throughId");
ALTER TABLE "ContextSummary" ADD CONSTRAINT "ContextSummary_throughId_fkey" FOREIGN KEY ("throughId") REFERENCES "Message"("id") ON DELETE CASCADE ON UPDATE CASCADE;
