-- A `nodeId` is unique among the nodes of one user.
DROP INDEX "AgentNode_nodeId_key";
CREATE UNIQUE INDEX "AgentNode_nodeId_userId_key" ON "AgentNode"("nodeId", "userId");

-- A tool call remembers the row of its node, because the name does not say which user has the node.
ALTER TABLE "ToolCall" ADD COLUMN "agentNodeId" INTEGER;
UPDATE "ToolCall" SET "agentNodeId" = (SELECT "id" FROM "AgentNode" WHERE "nodeId" = "ToolCall"."nodeId")
WHERE "nodeId" IS NOT NULL;
