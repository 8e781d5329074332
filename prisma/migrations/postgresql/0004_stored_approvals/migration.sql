-- Decisions about tool calls, and which calls were handed to their tools: another start of the gateway goes on with them.
CREATE TYPE "ApprovalDecision" AS ENUM ('APPROVED', 'DENIED', 'EXPIRED');
ALTER TABLE "ToolCall" ADD COLUMN "expiresAt" TIMESTAMP(3), ADD COLUMN "decision" "ApprovalDecision",
  ADD COLUMN "decisionReason" TEXT, ADD COLUMN "decidedBy" TEXT, ADD COLUMN "decidedAt" TIMESTAMP(3),
  ADD COLUMN "startedAt" TIMESTAMP(3), ADD COLUMN "agentInstanceId" TEXT;
-- Calls that run while an earlier version is replaced: they were handed to their tools, nobody knows when.
UPDATE "ToolCall" SET "startedAt" = CURRENT_TIMESTAMP WHERE "status" = 'RUNNING';
