-- Sessions can be archived, pinned, tagged, and have metadata of the application.
ALTER TABLE "Session" ADD COLUMN "archivedAt" DATETIME;
ALTER TABLE "Session" ADD COLUMN "isArchived" BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE "Session" ADD COLUMN "pinnedAt" DATETIME;
ALTER TABLE "Session" ADD COLUMN "tags" JSONB NOT NULL DEFAULT '[]';
ALTER TABLE "Session" ADD COLUMN "metadata" JSONB;

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
    "lastActivityAt" DATETIME NOT NULL,

    PRIMARY KEY ("sessionId", "tag")
) WITHOUT ROWID;
CREATE INDEX "SessionTag_tag_isArchived_sessionId_idx" ON "SessionTag"((coalesce("tag",'')), "isArchived", "sessionId");
CREATE INDEX "SessionTag_userId_tag_isArchived_sessionId_idx" ON "SessionTag"("userId", "tag", "isArchived", "sessionId");
CREATE INDEX "SessionTag_tag_isArchived_lastActivityAt_sessionId_idx" ON "SessionTag"((coalesce("tag",'')), "isArchived", "lastActivityAt", "sessionId");
CREATE INDEX "SessionTag_userId_tag_isArchived_lastActivityAt_sessionId_idx" ON "SessionTag"("userId", "tag", "isArchived", "lastActivityAt", "sessionId");

-- A migration that rebuilds the table "Session" must create these triggers again.
CREATE TRIGGER "Session_tags_insert" AFTER INSERT ON "Session" WHEN new."tags" <> '[]' OR new."pinnedAt" IS NOT NULL BEGIN
    INSERT OR IGNORE INTO "SessionTag" ("sessionId", "tag", "userId", "featureName", "isArchived", "lastActivityAt")
    SELECT new."id", "listed"."value", new."userId", new."featureName", new."isArchived", new."lastActivityAt" FROM json_each(new."tags") AS "listed"
    UNION ALL SELECT new."id", '', new."userId", new."featureName", new."isArchived", new."lastActivityAt" WHERE new."pinnedAt" IS NOT NULL;
END;
CREATE TRIGGER "Session_tags_update" AFTER UPDATE OF "tags", "pinnedAt", "isArchived", "deletedAt" ON "Session"
WHEN (new."tags" <> '[]' OR old."tags" <> '[]' OR new."pinnedAt" IS NOT NULL OR old."pinnedAt" IS NOT NULL)
    AND (new."tags" <> old."tags" OR new."pinnedAt" IS NOT old."pinnedAt" OR new."isArchived" <> old."isArchived" OR new."deletedAt" IS NOT old."deletedAt") BEGIN
    DELETE FROM "SessionTag" WHERE "sessionId" = old."id";
    INSERT OR IGNORE INTO "SessionTag" ("sessionId", "tag", "userId", "featureName", "isArchived", "lastActivityAt")
    SELECT new."id", "listed"."value", new."userId", new."featureName", new."isArchived", new."lastActivityAt" FROM json_each(new."tags") AS "listed" WHERE new."deletedAt" IS NULL
    UNION ALL SELECT new."id", '', new."userId", new."featureName", new."isArchived", new."lastActivityAt" WHERE new."pinnedAt" IS NOT NULL AND new."deletedAt" IS NULL;
END;
CREATE TRIGGER "Session_tags_activity" AFTER UPDATE OF "lastActivityAt" ON "Session"
WHEN (new."tags" <> '[]' OR new."pinnedAt" IS NOT NULL) AND new."lastActivityAt" <> old."lastActivityAt" BEGIN
    UPDATE "SessionTag" SET "lastActivityAt" = new."lastActivityAt" WHERE "sessionId" = new."id";
END;
CREATE TRIGGER "Session_tags_delete" AFTER DELETE ON "Session" WHEN old."tags" <> '[]' OR old."pinnedAt" IS NOT NULL BEGIN
    DELETE FROM "SessionTag" WHERE "sessionId" = old."id";
END;
