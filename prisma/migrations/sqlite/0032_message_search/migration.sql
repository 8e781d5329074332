-- The search in messages (src/storage/search/README.md): the terms of each message, which the gateway writes in the transaction
-- that writes the message. The settings are those of the index of titles (0024).
CREATE VIRTUAL TABLE "MessageText" USING fts5("terms", content='', contentless_delete=1, detail='none', columnsize=0, tokenize='ascii');
INSERT INTO "MessageText" ("MessageText", "rank") VALUES ('deletemerge', 0);
INSERT INTO "MessageText" ("MessageText", "rank") VALUES ('pgsz', 1000);

-- Messages that are not in the index yet: those from before this migration, and answers whose gateway has died.
CREATE TABLE "MessageToIndex" ("messageId" INTEGER NOT NULL PRIMARY KEY);
INSERT INTO "MessageToIndex" ("messageId") SELECT "id" FROM "Message";

-- A migration that rebuilds the table "Message" must create this trigger again.
CREATE TRIGGER "Message_text_delete" AFTER DELETE ON "Message" BEGIN
    DELETE FROM "MessageText" WHERE "rowid" = old."id";
END;
