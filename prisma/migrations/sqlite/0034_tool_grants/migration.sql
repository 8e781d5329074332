-- Arguments that a person gave to a tool call in place of those of the model, and whether an earlier approval decided.
ALTER TABLE "ToolCall" ADD COLUMN "changedArgs" JSONB;
ALTER TABLE "ToolCall" ADD COLUMN "byGrant" BOOLEAN NOT NULL DEFAULT false;

-- Approvals that hold for later tool calls of a session.
CREATE TABLE "ToolGrant" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "sessionId" INTEGER NOT NULL,
    "toolName" TEXT NOT NULL,
    "args" JSONB,
    "argsHash" TEXT NOT NULL,
    "agentNodeId" INTEGER,
    "grantedBy" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "ToolGrant_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "ToolGrant_agentNodeId_fkey" FOREIGN KEY ("agentNodeId") REFERENCES "AgentNode" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "ToolGrant_sessionId_toolName_argsHash_agentNodeId_key" ON "ToolGrant"("sessionId", "toolName", "argsHash", "agentNodeId");
CREATE INDEX "ToolGrant_agentNodeId_idx" ON "ToolGrant"("agentNodeId");
