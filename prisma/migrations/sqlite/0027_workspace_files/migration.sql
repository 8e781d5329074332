-- The files of workspaces: what there is, where its bytes are, and how far each node has it.
ALTER TABLE "Workspace" ADD COLUMN "isShared" BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE "Workspace" ADD COLUMN "revision" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "Workspace" ADD COLUMN "prunedRevision" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "Workspace" ADD COLUMN "fileCount" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "Workspace" ADD COLUMN "totalBytes" BIGINT NOT NULL DEFAULT 0;

ALTER TABLE "SessionNode" ADD COLUMN "manifestHash" TEXT;
ALTER TABLE "SessionNode" ADD COLUMN "syncRevision" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "SessionNode" ADD COLUMN "filesDone" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "SessionNode" ADD COLUMN "filesTotal" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "SessionNode" ADD COLUMN "bytesDone" REAL NOT NULL DEFAULT 0;
ALTER TABLE "SessionNode" ADD COLUMN "bytesTotal" REAL NOT NULL DEFAULT 0;

ALTER TABLE "Message" ADD COLUMN "workspaceManifests" JSONB;

CREATE TABLE "WorkspaceFile" (
    "sessionId" INTEGER NOT NULL,
    "path" TEXT NOT NULL,
    "sha256" TEXT,
    "size" BIGINT NOT NULL DEFAULT 0,
    "mode" INTEGER NOT NULL DEFAULT 0,
    "target" TEXT,
    "chunks" JSONB,
    "modifiedAt" DATETIME NOT NULL,
    "revision" INTEGER NOT NULL,
    "nodeId" TEXT,

    PRIMARY KEY ("sessionId", "path"),
    CONSTRAINT "WorkspaceFile_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Workspace" ("sessionId") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "WorkspaceFile_sessionId_revision_idx" ON "WorkspaceFile"("sessionId", "revision");

CREATE TABLE "WorkspaceContent" (
    "sessionId" INTEGER NOT NULL,
    "sha256" TEXT NOT NULL,
    "blob" TEXT NOT NULL,
    "offset" INTEGER NOT NULL,
    "size" INTEGER NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,

    PRIMARY KEY ("sessionId", "sha256"),
    CONSTRAINT "WorkspaceContent_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Workspace" ("sessionId") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "WorkspaceContent_blob_idx" ON "WorkspaceContent"("blob");

CREATE TABLE "WorkspaceConflict" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "sessionId" INTEGER NOT NULL,
    "path" TEXT NOT NULL,
    "keptPath" TEXT NOT NULL,
    "nodeId" TEXT,
    "at" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "WorkspaceConflict_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Workspace" ("sessionId") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "WorkspaceConflict_sessionId_keptPath_key" ON "WorkspaceConflict"("sessionId", "keptPath");
