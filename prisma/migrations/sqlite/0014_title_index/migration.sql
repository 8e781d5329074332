-- An index of the titles of sessions, for searches (src/storage/title-index.ts): each piece of three characters, with
-- the sessions that have it. Two characters that titles do not have are added to each, so that the last characters of
-- a title begin a piece, too. Only ASCII letters are folded, as LIKE does.
CREATE VIRTUAL TABLE "SessionTitle" USING fts5("title", content='', contentless_delete=1, detail='none', tokenize='trigram case_sensitive 1');
CREATE VIRTUAL TABLE "SessionTitlePiece" USING fts5vocab('SessionTitle', 'instance');

INSERT INTO "SessionTitle" ("rowid", "title")
SELECT "id", lower("title") || char(1, 1) FROM "Session" WHERE "title" IS NOT NULL;

-- A migration that rebuilds the table "Session" must create these triggers again.
CREATE TRIGGER "Session_title_insert" AFTER INSERT ON "Session" WHEN new."title" IS NOT NULL BEGIN
    INSERT INTO "SessionTitle" ("rowid", "title") VALUES (new."id", lower(new."title") || char(1, 1));
END;
CREATE TRIGGER "Session_title_update" AFTER UPDATE OF "title" ON "Session" WHEN new."title" IS NOT old."title" BEGIN
    DELETE FROM "SessionTitle" WHERE "rowid" = old."id";
    INSERT INTO "SessionTitle" ("rowid", "title") SELECT new."id", lower(new."title") || char(1, 1) WHERE new."title" IS NOT NULL;
END;
CREATE TRIGGER "Session_title_delete" AFTER DELETE ON "Session" WHEN old."title" IS NOT NULL BEGIN
    DELETE FROM "SessionTitle" WHERE "rowid" = old."id";
END;
