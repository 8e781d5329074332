-- CreateTable
CREATE TABLE "Session" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "userId" TEXT NOT NULL,
    "title" TEXT,
    "featureName" TEXT NOT NULL DEFAULT 'default',
    "providerName" TEXT,
    "modelName" TEXT,
    "systemPrompt" TEXT,
    "contextTokens" INTEGER NOT NULL DEFAULT 0,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- CreateTable
CREATE TABLE "Message" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "sessionId" INTEGER NOT NULL,
    "role" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "content" TEXT NOT NULL DEFAULT '',
    "reasoning" TEXT,
    "tokenCount" INTEGER,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Message_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "ToolCall" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "messageId" INTEGER NOT NULL,
    "callId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "args" JSONB NOT NULL,
    "status" TEXT NOT NULL,
    "result" TEXT,
    "exitCode" INTEGER,
    "durationMs" INTEGER,
    "step" INTEGER NOT NULL,
    "textOffset" INTEGER NOT NULL,
    CONSTRAINT "ToolCall_messageId_fkey" FOREIGN KEY ("messageId") REFERENCES "Message" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Run" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "sessionId" INTEGER NOT NULL,
    "requestId" TEXT,
    "status" TEXT NOT NULL,
    "userMessageId" INTEGER,
    "assistantMessageId" INTEGER,
    "providerName" TEXT NOT NULL,
    "modelName" TEXT NOT NULL,
    "lastSeq" INTEGER NOT NULL DEFAULT 0,
    "finishReason" TEXT,
    "errorCode" TEXT,
    "errorMessage" TEXT,
    "inputTokens" INTEGER NOT NULL DEFAULT 0,
    "outputTokens" INTEGER NOT NULL DEFAULT 0,
    "reasoningTokens" INTEGER NOT NULL DEFAULT 0,
    "cachedInputTokens" INTEGER NOT NULL DEFAULT 0,
    "usageMeasured" BOOLEAN NOT NULL DEFAULT true,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "startedAt" DATETIME,
    "finishedAt" DATETIME,
    CONSTRAINT "Run_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "Run_userMessageId_fkey" FOREIGN KEY ("userMessageId") REFERENCES "Message" ("id") ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT "Run_assistantMessageId_fkey" FOREIGN KEY ("assistantMessageId") REFERENCES "Message" ("id") ON DELETE SET NULL ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "ModelUsage" (
    "sessionId" INTEGER NOT NULL,
    "providerName" TEXT NOT NULL,
    "modelName" TEXT NOT NULL,
    "inputTokens" INTEGER NOT NULL DEFAULT 0,
    "outputTokens" INTEGER NOT NULL DEFAULT 0,
    "reasoningTokens" INTEGER NOT NULL DEFAULT 0,
    "cachedInputTokens" INTEGER NOT NULL DEFAULT 0,
    "measured" BOOLEAN NOT NULL DEFAULT true,

    PRIMARY KEY ("sessionId", "providerName", "modelName"),
    CONSTRAINT "ModelUsage_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateIndex
CREATE INDEX "Session_userId_id_idx" ON "Session"("userId", "id");

-- CreateIndex
CREATE INDEX "Session_userId_featureName_id_idx" ON "Session"("userId", "featureName", "id");

-- CreateIndex
CREATE INDEX "Session_featureName_id_idx" ON "Session"("featureName", "id");

-- CreateIndex
CREATE INDEX "Message_sessionId_id_idx" ON "Message"("sessionId", "id");

-- CreateIndex
CREATE UNIQUE INDEX "ToolCall_messageId_callId_key" ON "ToolCall"("messageId", "callId");

-- CreateIndex
CREATE UNIQUE INDEX "Run_userMessageId_key" ON "Run"("userMessageId");

-- CreateIndex
CREATE UNIQUE INDEX "Run_assistantMessageId_key" ON "Run"("assistantMessageId");

-- CreateIndex
CREATE INDEX "Run_sessionId_id_idx" ON "Run"("sessionId", "id");

-- CreateIndex
CREATE INDEX "Run_sessionId_status_id_idx" ON "Run"("sessionId", "status", "id");

-- CreateIndex
CREATE INDEX "Run_status_idx" ON "Run"("status");

-- CreateIndex
CREATE UNIQUE INDEX "Run_sessionId_requestId_key" ON "Run"("sessionId", "requestId");

-- At most one run of a session is live. Prisma cannot express a partial index for SQLite.
CREATE UNIQUE INDEX "Run_sessionId_live_key" ON "Run"("sessionId") WHERE "status" = 'RUNNING';
