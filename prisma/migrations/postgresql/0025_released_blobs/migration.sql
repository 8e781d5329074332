-- The blobs of recordings and attachments that were deleted, until the blobs are deleted, too.
CREATE TABLE "ReleasedBlob" (
    "sha256" TEXT NOT NULL,

    CONSTRAINT "ReleasedBlob_pkey" PRIMARY KEY ("sha256")
);

CREATE FUNCTION "keepReleasedBlob"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO "ReleasedBlob" ("sha256") VALUES (OLD."sha256") ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER "Attachment_released" AFTER DELETE ON "Attachment" FOR EACH ROW EXECUTE FUNCTION "keepReleasedBlob"();
CREATE TRIGGER "MessageAudio_released" AFTER DELETE ON "MessageAudio" FOR EACH ROW EXECUTE FUNCTION "keepReleasedBlob"();
CREATE TRIGGER "MessageAudio_replaced" AFTER UPDATE OF "sha256" ON "MessageAudio" FOR EACH ROW
    WHEN (NEW."sha256" <> OLD."sha256") EXECUTE FUNCTION "keepReleasedBlob"();
