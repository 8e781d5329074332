-- The blobs of recordings and attachments that were deleted, until the blobs are deleted, too.
CREATE TABLE "ReleasedBlob" (
    "sha256" TEXT NOT NULL PRIMARY KEY
);

-- A migration that rebuilds one of these tables must create its triggers again.
CREATE TRIGGER "Attachment_released" AFTER DELETE ON "Attachment" BEGIN
    INSERT OR IGNORE INTO "ReleasedBlob" ("sha256") VALUES (old."sha256");
END;
CREATE TRIGGER "MessageAudio_released" AFTER DELETE ON "MessageAudio" BEGIN
    INSERT OR IGNORE INTO "ReleasedBlob" ("sha256") VALUES (old."sha256");
END;
CREATE TRIGGER "MessageAudio_replaced" AFTER UPDATE OF "sha256" ON "MessageAudio" WHEN new."sha256" <> old."sha256" BEGIN
    INSERT OR IGNORE INTO "ReleasedBlob" ("sha256") VALUES (old."sha256");
END;
