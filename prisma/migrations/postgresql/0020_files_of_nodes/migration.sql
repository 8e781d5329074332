-- What the agent of a node has said about its folder, so that the gateway knows when its own copy says the same.
ALTER TABLE "SessionNode" ADD COLUMN "agentInstance" TEXT;
ALTER TABLE "SessionNode" ADD COLUMN "folderState" TEXT;
ALTER TABLE "SessionNode" ADD COLUMN "maxResultBytes" INTEGER;
ALTER TABLE "SessionNode" ADD COLUMN "openWrite" TEXT;
-- Why the folder of the gateway that is the source of files is not kept the same as them.
ALTER TABLE "Workspace" ADD COLUMN "error" TEXT;
