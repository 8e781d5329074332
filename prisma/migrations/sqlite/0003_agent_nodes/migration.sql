-- AlterTable
ALTER TABLE "Session" ADD COLUMN "toolApproval" TEXT NOT NULL DEFAULT 'ASK';

-- AlterTable
ALTER TABLE "ToolCall" ADD COLUMN "nodeId" TEXT;
ALTER TABLE "ToolCall" ADD COLUMN "dispatchId" TEXT;
ALTER TABLE "ToolCall" ADD COLUMN "errorCode" TEXT;
ALTER TABLE "ToolCall" ADD COLUMN "stopped" BOOLEAN;

-- CreateTable
CREATE TABLE "Workspace" (
    "sessionId" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "workspaceId" TEXT NOT NULL,
    "source" TEXT NOT NULL DEFAULT 'EMPTY',
    "path" TEXT,
    "sourceNodeId" TEXT,
    CONSTRAINT "Workspace_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "AgentNode" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "nodeId" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "displayName" TEXT NOT NULL,
    "description" TEXT,
    "capabilities" JSONB NOT NULL,
    "maxDispatches" INTEGER NOT NULL DEFAULT 1,
    "tokenHash" TEXT,
    "isActive" BOOLEAN NOT NULL DEFAULT true,
    "lastSeenAt" DATETIME,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);

-- CreateTable
CREATE TABLE "SessionNode" (
    "sessionId" INTEGER NOT NULL,
    "agentNodeId" INTEGER NOT NULL,
    "syncStatus" TEXT NOT NULL DEFAULT 'PENDING',
    "lastSyncAt" DATETIME,
    "error" TEXT,
    "attachedAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,

    PRIMARY KEY ("sessionId", "agentNodeId"),
    CONSTRAINT "SessionNode_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "SessionNode_agentNodeId_fkey" FOREIGN KEY ("agentNodeId") REFERENCES "AgentNode" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateIndex
CREATE UNIQUE INDEX "Workspace_workspaceId_key" ON "Workspace"("workspaceId");

-- CreateIndex
CREATE UNIQUE INDEX "AgentNode_nodeId_key" ON "AgentNode"("nodeId");

-- CreateIndex
CREATE UNIQUE INDEX "AgentNode_tokenHash_key" ON "AgentNode"("tokenHash");

-- CreateIndex
CREATE INDEX "AgentNode_userId_id_idx" ON "AgentNode"("userId", "id");

-- CreateIndex
CREATE INDEX "SessionNode_agentNodeId_idx" ON "SessionNode"("agentNodeId");

-- CreateIndex
CREATE UNIQUE INDEX "ToolCall_dispatchId_key" ON "ToolCall"("dispatchId");
