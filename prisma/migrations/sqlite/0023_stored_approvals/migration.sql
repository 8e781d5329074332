-- Decisions about tool calls, and which calls were handed to their tools: another start of the gateway goes on with them.
ALTER TABLE "ToolCall" ADD COLUMN "expiresAt" DATETIME;
ALTER TABLE "ToolCall" ADD COLUMN "decision" TEXT;
ALTER TABLE "ToolCall" ADD COLUMN "decisionReason" TEXT;
ALTER TABLE "ToolCall" ADD COLUMN "decidedBy" TEXT;
ALTER TABLE "ToolCall" ADD COLUMN "decidedAt" DATETIME;
ALTER TABLE "ToolCall" ADD COLUMN "startedAt" DATETIME;
ALTER TABLE "ToolCall" ADD COLUMN "agentInstanceId" TEXT;
-- Calls that run while an earlier version is replaced: they were handed to their tools, nobody knows when.
UPDATE "ToolCall" SET "startedAt" = CURRENT_TIMESTAMP WHERE "status" = 'RUNNING';
