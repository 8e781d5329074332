-- The files that users send to models with their prompts.
ALTER TABLE "Message" ADD COLUMN "attachmentCount" INTEGER NOT NULL DEFAULT 0;

CREATE TABLE "Attachment" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "sessionId" INTEGER NOT NULL,
    "messageId" INTEGER,
    "position" INTEGER NOT NULL DEFAULT 0,
    "sentAs" INTEGER,
    "sha256" TEXT NOT NULL,
    "mimeType" TEXT NOT NULL,
    "size" INTEGER NOT NULL,
    "filename" TEXT,
    "width" INTEGER,
    "height" INTEGER,
    "pageCount" INTEGER,
    "durationSeconds" REAL,
    "tokenCount" INTEGER NOT NULL,
    "uploadedAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Attachment_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "Attachment_messageId_fkey" FOREIGN KEY ("messageId") REFERENCES "Message" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "Attachment_messageId_position_idx" ON "Attachment"("messageId", "position");
CREATE INDEX "Attachment_sessionId_messageId_idx" ON "Attachment"("sessionId", "messageId");
CREATE INDEX "Attachment_sha256_idx" ON "Attachment"("sha256");
