CREATE TYPE "ToolApproval" AS ENUM ('AUTO', 'ASK', 'DENY');
CREATE TYPE "WorkspaceSource" AS ENUM ('EMPTY', 'SERVER', 'NODE_LOCAL');
CREATE TYPE "SyncStatus" AS ENUM ('PENDING', 'SYNCING', 'SYNCED', 'CONFLICT', 'ERROR', 'OFFLINE');
CREATE TYPE "MessageRole" AS ENUM ('USER', 'ASSISTANT');
CREATE TYPE "MessageStatus" AS ENUM ('STREAMING', 'COMPLETE', 'CANCELLED', 'FAILED', 'INTERRUPTED');
CREATE TYPE "ToolCallStatus" AS ENUM ('AWAITING_APPROVAL', 'RUNNING', 'SUCCEEDED', 'FAILED', 'DENIED', 'CANCELLED');
CREATE TYPE "RunStatus" AS ENUM ('QUEUED', 'RUNNING', 'COMPLETED', 'CANCELLED', 'FAILED');
CREATE TYPE "FinishReason" AS ENUM ('STOP', 'LENGTH', 'CONTENT_FILTER', 'OTHER');
CREATE TYPE "CancelCause" AS ENUM ('USER', 'SUPERSEDED', 'SHUTDOWN', 'DELETED');

CREATE TABLE "Session" (
    "id" SERIAL NOT NULL,
    "userId" TEXT NOT NULL,
    "title" TEXT,
    "featureName" TEXT NOT NULL DEFAULT 'default',
    "providerName" TEXT,
    "modelName" TEXT,
    "systemPrompt" TEXT,
    "settings" JSON,
    "contextTokens" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "messageCount" INTEGER NOT NULL DEFAULT 0,
    "storedBytes" BIGINT NOT NULL DEFAULT 0,
    "toolApproval" "ToolApproval" NOT NULL DEFAULT 'ASK',
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastActivityAt" TIMESTAMP(3) NOT NULL DEFAULT '1970-01-01 00:00:00 +00:00',
    "deletedAt" TIMESTAMP(3),
    "clearedThroughId" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "Session_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Workspace" (
    "sessionId" INTEGER NOT NULL,
    "workspaceId" TEXT NOT NULL,
    "source" "WorkspaceSource" NOT NULL DEFAULT 'EMPTY',
    "path" TEXT,
    "sourceNodeId" TEXT,

    CONSTRAINT "Workspace_pkey" PRIMARY KEY ("sessionId")
);

CREATE TABLE "AgentNode" (
    "id" SERIAL NOT NULL,
    "nodeId" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "displayName" TEXT NOT NULL,
    "description" TEXT,
    "capabilities" JSON NOT NULL,
    "maxDispatches" INTEGER NOT NULL DEFAULT 1,
    "tokenHash" TEXT,
    "isActive" BOOLEAN NOT NULL DEFAULT true,
    "lastSeenAt" TIMESTAMP(3),
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "AgentNode_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "SessionNode" (
    "sessionId" INTEGER NOT NULL,
    "agentNodeId" INTEGER NOT NULL,
    "syncStatus" "SyncStatus" NOT NULL DEFAULT 'PENDING',
    "lastSyncAt" TIMESTAMP(3),
    "error" TEXT,
    "attachedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "SessionNode_pkey" PRIMARY KEY ("sessionId","agentNodeId")
);

CREATE TABLE "Message" (
    "id" SERIAL NOT NULL,
    "sessionId" INTEGER NOT NULL,
    "role" "MessageRole" NOT NULL,
    "status" "MessageStatus" NOT NULL,
    "content" TEXT NOT NULL DEFAULT '',
    "reasoning" TEXT,
    "finishReason" "FinishReason",
    "cancelCause" "CancelCause",
    "tokenCount" INTEGER,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Message_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "AnswerStep" (
    "messageId" INTEGER NOT NULL,
    "step" INTEGER NOT NULL,
    "providerName" TEXT NOT NULL,
    "modelName" TEXT NOT NULL,
    "parts" JSON NOT NULL,

    CONSTRAINT "AnswerStep_pkey" PRIMARY KEY ("messageId","step")
);

CREATE TABLE "MessageAudio" (
    "messageId" INTEGER NOT NULL,
    "sha256" TEXT NOT NULL,
    "mimeType" TEXT NOT NULL,
    "size" INTEGER NOT NULL,
    "filename" TEXT,
    "durationSeconds" DOUBLE PRECISION,
    "uploadedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "MessageAudio_pkey" PRIMARY KEY ("messageId")
);

CREATE TABLE "ToolCall" (
    "id" SERIAL NOT NULL,
    "messageId" INTEGER NOT NULL,
    "callId" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "args" JSON NOT NULL,
    "status" "ToolCallStatus" NOT NULL,
    "nodeId" TEXT,
    "agentNodeId" INTEGER,
    "dispatchId" TEXT,
    "result" TEXT,
    "errorCode" TEXT,
    "exitCode" DOUBLE PRECISION,
    "durationMs" INTEGER,
    "stopped" BOOLEAN,
    "step" INTEGER NOT NULL,
    "textOffset" INTEGER NOT NULL,
    "reasoningOffset" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "ToolCall_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Run" (
    "id" SERIAL NOT NULL,
    "sessionId" INTEGER NOT NULL,
    "requestId" TEXT,
    "status" "RunStatus" NOT NULL,
    "userMessageId" INTEGER,
    "assistantMessageId" INTEGER,
    "providerName" TEXT NOT NULL,
    "modelName" TEXT NOT NULL,
    "settings" JSON,
    "lastSeq" INTEGER NOT NULL DEFAULT 0,
    "finishReason" "FinishReason",
    "cancelCause" "CancelCause",
    "errorCode" TEXT,
    "errorMessage" TEXT,
    "inputTokens" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "outputTokens" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "reasoningTokens" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "cachedInputTokens" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "cacheWriteInputTokens" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "usageMeasured" BOOLEAN NOT NULL DEFAULT true,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "startedAt" TIMESTAMP(3),
    "finishedAt" TIMESTAMP(3),

    CONSTRAINT "Run_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "ModelUsage" (
    "sessionId" INTEGER NOT NULL,
    "providerName" TEXT NOT NULL,
    "modelName" TEXT NOT NULL,
    "inputTokens" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "outputTokens" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "reasoningTokens" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "cachedInputTokens" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "cacheWriteInputTokens" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "measured" BOOLEAN NOT NULL DEFAULT true,

    CONSTRAINT "ModelUsage_pkey" PRIMARY KEY ("sessionId","providerName","modelName")
);

CREATE TABLE "ApiToken" (
    "id" SERIAL NOT NULL,
    "tokenHash" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "isAdmin" BOOLEAN NOT NULL DEFAULT false,
    "name" TEXT,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastUsedAt" TIMESTAMP(3),
    "expiresAt" TIMESTAMP(3),
    "revokedAt" TIMESTAMP(3),

    CONSTRAINT "ApiToken_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Secret" (
    "name" TEXT NOT NULL,
    "value" TEXT NOT NULL,

    CONSTRAINT "Secret_pkey" PRIMARY KEY ("name")
);
CREATE INDEX "Session_userId_id_idx" ON "Session"("userId", "id");
CREATE INDEX "Session_userId_featureName_id_idx" ON "Session"("userId", "featureName", "id");
CREATE INDEX "Session_featureName_id_idx" ON "Session"("featureName", "id");
CREATE INDEX "Session_lastActivityAt_id_idx" ON "Session"("lastActivityAt", "id");
CREATE INDEX "Session_userId_lastActivityAt_id_idx" ON "Session"("userId", "lastActivityAt", "id");
CREATE INDEX "Session_userId_featureName_lastActivityAt_id_idx" ON "Session"("userId", "featureName", "lastActivityAt", "id");
CREATE INDEX "Session_featureName_lastActivityAt_id_idx" ON "Session"("featureName", "lastActivityAt", "id");
CREATE UNIQUE INDEX "Workspace_workspaceId_key" ON "Workspace"("workspaceId");
CREATE UNIQUE INDEX "AgentNode_tokenHash_key" ON "AgentNode"("tokenHash");
CREATE INDEX "AgentNode_userId_id_idx" ON "AgentNode"("userId", "id");
CREATE UNIQUE INDEX "AgentNode_nodeId_userId_key" ON "AgentNode"("nodeId", "userId");
CREATE INDEX "SessionNode_agentNodeId_idx" ON "SessionNode"("agentNodeId");
CREATE INDEX "Message_sessionId_id_idx" ON "Message"("sessionId", "id");
CREATE INDEX "MessageAudio_sha256_idx" ON "MessageAudio"("sha256");
CREATE UNIQUE INDEX "ToolCall_dispatchId_key" ON "ToolCall"("dispatchId");
CREATE UNIQUE INDEX "ToolCall_messageId_callId_key" ON "ToolCall"("messageId", "callId");
CREATE UNIQUE INDEX "Run_userMessageId_key" ON "Run"("userMessageId");
CREATE UNIQUE INDEX "Run_assistantMessageId_key" ON "Run"("assistantMessageId");
CREATE INDEX "Run_sessionId_id_idx" ON "Run"("sessionId", "id");
CREATE INDEX "Run_sessionId_status_id_idx" ON "Run"("sessionId", "status", "id");
CREATE INDEX "Run_status_idx" ON "Run"("status");
CREATE UNIQUE INDEX "Run_sessionId_requestId_key" ON "Run"("sessionId", "requestId");
CREATE UNIQUE INDEX "ApiToken_tokenHash_key" ON "ApiToken"("tokenHash");
ALTER TABLE "Workspace" ADD CONSTRAINT "Workspace_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "SessionNode" ADD CONSTRAINT "SessionNode_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "SessionNode" ADD CONSTRAINT "SessionNode_agentNodeId_fkey" FOREIGN KEY ("agentNodeId") REFERENCES "AgentNode"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "Message" ADD CONSTRAINT "Message_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "AnswerStep" ADD CONSTRAINT "AnswerStep_messageId_fkey" FOREIGN KEY ("messageId") REFERENCES "Message"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "MessageAudio" ADD CONSTRAINT "MessageAudio_messageId_fkey" FOREIGN KEY ("messageId") REFERENCES "Message"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "ToolCall" ADD CONSTRAINT "ToolCall_messageId_fkey" FOREIGN KEY ("messageId") REFERENCES "Message"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "Run" ADD CONSTRAINT "Run_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "Run" ADD CONSTRAINT "Run_userMessageId_fkey" FOREIGN KEY ("userMessageId") REFERENCES "Message"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "Run" ADD CONSTRAINT "Run_assistantMessageId_fkey" FOREIGN KEY ("assistantMessageId") REFERENCES "Message"("id") ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE "ModelUsage" ADD CONSTRAINT "ModelUsage_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What schema.prisma cannot express: as in the migrations of SQLite.
CREATE UNIQUE INDEX "Run_sessionId_live_key" ON "Run"("sessionId") WHERE "status" = 'RUNNING';
CREATE INDEX "Session_clearedThroughId_idx" ON "Session"("id") WHERE "clearedThroughId" > 0;
-- The search in titles: src/storage/title-index.ts.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX "Session_title_idx" ON "Session" USING GIN (lower("title" COLLATE "C") gin_trgm_ops);
