-- The files that users send to models with their prompts.
ALTER TABLE "Message" ADD COLUMN "attachmentCount" INTEGER NOT NULL DEFAULT 0;

CREATE TABLE "Attachment" (
    "id" SERIAL NOT NULL,
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
    "durationSeconds" DOUBLE PRECISION,
    "tokenCount" INTEGER NOT NULL,
    "uploadedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Attachment_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "Attachment_messageId_position_idx" ON "Attachment"("messageId", "position");
CREATE INDEX "Attachment_sessionId_messageId_idx" ON "Attachment"("sessionId", "messageId");
CREATE INDEX "Attachment_sha256_idx" ON "Attachment"("sha256");
ALTER TABLE "Attachment" ADD CONSTRAINT "Attachment_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "Attachment" ADD CONSTRAINT "Attachment_messageId_fkey" FOREIGN KEY ("messageId") REFERENCES "Message"("id") ON DELETE CASCADE ON UPDATE CASCADE;
