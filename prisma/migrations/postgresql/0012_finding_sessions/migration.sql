-- Sessions can be archived, pinned, tagged, and have metadata of the application.
ALTER TABLE "Session" ADD COLUMN "archivedAt" TIMESTAMP(3);
ALTER TABLE "Session" ADD COLUMN "isArchived" BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE "Session" ADD COLUMN "pinnedAt" TIMESTAMP(3);
ALTER TABLE "Session" ADD COLUMN "tags" JSON NOT NULL DEFAULT '[]';
ALTER TABLE "Session" ADD COLUMN "metadata" JSON;

-- Each kind of list has an expression of its own for whether a session is archived, so that the indexes of the others do not
-- fit its statement (src/storage/statements/archived-column.ts).
CREATE INDEX "Session_archived_id_idx" ON "Session"((coalesce("isArchived",FALSE)), "id");
CREATE INDEX "Session_archived_lastActivityAt_id_idx" ON "Session"((coalesce("isArchived",FALSE)), "lastActivityAt", "id");
CREATE INDEX "Session_userId_isArchived_id_idx" ON "Session"("userId", "isArchived", "id");
CREATE INDEX "Session_userId_isArchived_lastActivityAt_id_idx" ON "Session"("userId", "isArchived", "lastActivityAt", "id");
CREATE INDEX "Session_featureName_archived_id_idx" ON "Session"("featureName", (coalesce("isArchived",TRUE)), "id");
CREATE INDEX "Session_featureName_archived_lastActivityAt_id_idx" ON "Session"("featureName", (coalesce("isArchived",TRUE)), "lastActivityAt", "id");
CREATE INDEX "Session_userId_featureName_archived_id_idx" ON "Session"("userId", "featureName", (coalesce("isArchived","isArchived")), "id");
CREATE INDEX "Session_userId_featureName_archived_lastActivityAt_id_idx" ON "Session"("userId", "featureName", (coalesce("isArchived","isArchived")), "lastActivityAt", "id");

-- The sessions of each tag, in both orders of a list (src/storage/statements/tagged-sessions.ts). A pinned session has
-- the empty tag, which no user can give.
CREATE TABLE "SessionTag" (
    "sessionId" INTEGER NOT NULL,
    "tag" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "featureName" TEXT NOT NULL,
    "isArchived" BOOLEAN NOT NULL,
    "lastActivityAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "SessionTag_pkey" PRIMARY KEY ("sessionId", "tag")
);
CREATE INDEX "SessionTag_tag_isArchived_sessionId_idx" ON "SessionTag"((coalesce("tag",'')), "isArchived", "sessionId");
CREATE INDEX "SessionTag_userId_tag_isArchived_sessionId_idx" ON "SessionTag"("userId", "tag", "isArchived", "sessionId");
CREATE INDEX "SessionTag_tag_isArchived_lastActivityAt_sessionId_idx" ON "SessionTag"((coalesce("tag",'')), "isArchived", "lastActivityAt", "sessionId");
CREATE INDEX "SessionTag_userId_tag_isArchived_lastActivityAt_sessionId_idx" ON "SessionTag"("userId", "tag", "isArchived", "lastActivityAt", "sessionId");

-- There is no foreign key, and the function never reads all rows: see 0005_title_pieces.
CREATE FUNCTION "keepSessionTags"() RETURNS TRIGGER LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM "SessionTag" WHERE "sessionId" = OLD."id";
    END IF;
    IF TG_OP <> 'DELETE' THEN
        IF NEW."deletedAt" IS NULL THEN
            INSERT INTO "SessionTag" ("sessionId", "tag", "userId", "featureName", "isArchived", "lastActivityAt")
            SELECT NEW."id", "listed"."tag", NEW."userId", NEW."featureName", NEW."isArchived", NEW."lastActivityAt"
            FROM (SELECT json_array_elements_text(NEW."tags") AS "tag"
                UNION ALL SELECT '' WHERE NEW."pinnedAt" IS NOT NULL) AS "listed"
            ON CONFLICT DO NOTHING;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION "keepSessionTagActivity"() RETURNS TRIGGER LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    UPDATE "SessionTag" SET "lastActivityAt" = NEW."lastActivityAt" WHERE "sessionId" = NEW."id";
    RETURN NULL;
END $$;
CREATE TRIGGER "Session_tags_insert" AFTER INSERT ON "Session" FOR EACH ROW
    WHEN (NEW."tags"::text <> '[]' OR NEW."pinnedAt" IS NOT NULL) EXECUTE FUNCTION "keepSessionTags"();
CREATE TRIGGER "Session_tags_update" AFTER UPDATE OF "tags", "pinnedAt", "isArchived", "deletedAt" ON "Session" FOR EACH ROW
    WHEN ((NEW."tags"::text <> '[]' OR OLD."tags"::text <> '[]' OR NEW."pinnedAt" IS NOT NULL OR OLD."pinnedAt" IS NOT NULL)
        AND (NEW."tags"::text, NEW."pinnedAt", NEW."isArchived", NEW."deletedAt")
            IS DISTINCT FROM (OLD."tags"::text, OLD."pinnedAt", OLD."isArchived", OLD."deletedAt"))
    EXECUTE FUNCTION "keepSessionTags"();
CREATE TRIGGER "Session_tags_activity" AFTER UPDATE OF "lastActivityAt" ON "Session" FOR EACH ROW
    WHEN ((NEW."tags"::text <> '[]' OR NEW."pinnedAt" IS NOT NULL) AND NEW."lastActivityAt" <> OLD."lastActivityAt")
    EXECUTE FUNCTION "keepSessionTagActivity"();
CREATE TRIGGER "Session_tags_delete" AFTER DELETE ON "Session" FOR EACH ROW
    WHEN (OLD."tags"::text <> '[]' OR OLD."pinnedAt" IS NOT NULL) EXECUTE FUNCTION "keepSessionTags"();
