-- Whether the agent of a node keeps the files of workspaces the same. Agents of earlier versions do not say so.
ALTER TABLE "AgentNode" ADD COLUMN "syncsWorkspaces" BOOLEAN NOT NULL DEFAULT false;
