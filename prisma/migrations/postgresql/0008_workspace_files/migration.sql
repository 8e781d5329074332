-- The files of workspaces: what there is, where its bytes are, and how far each node has it.
ALTER TABLE "Workspace" ADD COLUMN "isShared" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "revision" INTEGER NOT NULL DEFAULT 0, ADD COLUMN "prunedRevision" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "fileCount" INTEGER NOT NULL DEFAULT 0, ADD COLUMN "totalBytes" BIGINT NOT NULL DEFAULT 0;

ALTER TABLE "SessionNode" ADD COLUMN "manifestHash" TEXT, ADD COLUMN "syncRevision" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "filesDone" INTEGER NOT NULL DEFAULT 0, ADD COLUMN "filesTotal" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "bytesDone" DOUBLE PRECISION NOT NULL DEFAULT 0, ADD COLUMN "bytesTotal" DOUBLE PRECISION NOT NULL DEFAULT 0;

ALTER TABLE "Message" ADD COLUMN "workspaceManifests" JSON;

CREATE TABLE "WorkspaceFile" (
    "sessionId" INTEGER NOT NULL,
    "path" TEXT NOT NULL,
    "sha256" TEXT,
    "size" BIGINT NOT NULL DEFAULT 0,
    "mode" INTEGER NOT NULL DEFAULT 0,
    "target" TEXT,
    "chunks" JSON,
    "modifiedAt" TIMESTAMP(3) NOT NULL,
    "revision" INTEGER NOT NULL,
    "nodeId" TEXT,

    CONSTRAINT "WorkspaceFile_pkey" PRIMARY KEY ("sessionId","path")
);
CREATE INDEX "WorkspaceFile_sessionId_revision_idx" ON "WorkspaceFile"("sessionId", "revision");
ALTER TABLE "WorkspaceFile" ADD CONSTRAINT "WorkspaceFile_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Workspace"("sessionId") ON DELETE CASCADE ON UPDATE CASCADE;

CREATE TABLE "WorkspaceContent" (
    "sessionId" INTEGER NOT NULL,
    "sha256" TEXT NOT NULL,
    "blob" TEXT NOT NULL,
    "offset" INTEGER NOT NULL,
    "size" INTEGER NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "WorkspaceContent_pkey" PRIMARY KEY ("sessionId","sha256")
);
CREATE INDEX "WorkspaceContent_blob_idx" ON "WorkspaceContent"("blob");
ALTER TABLE "WorkspaceContent" ADD CONSTRAINT "WorkspaceContent_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Workspace"("sessionId") ON DELETE CASCADE ON UPDATE CASCADE;

CREATE TABLE "WorkspaceConflict" (
    "id" SERIAL NOT NULL,
    "sessionId" INTEGER NOT NULL,
    "path" TEXT NOT NULL,
    "keptPath" TEXT NOT NULL,
    "nodeId" TEXT,
    "at" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "WorkspaceConflict_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "WorkspaceConflict_sessionId_keptPath_key" ON "WorkspaceConflict"("sessionId", "keptPath");
ALTER TABLE "WorkspaceConflict" ADD CONSTRAINT "WorkspaceConflict_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Workspace"("sessionId") ON DELETE CASCADE ON UPDATE CASCADE;
