-- The search in messages (src/storage/search/README.md): the terms of each message, as numbers which the gateway makes of its words. Two settings are those of the
-- index of titles (0024). Merging eight pieces at a time takes half the time of merging four.
CREATE VIRTUAL TABLE "MessageText" USING fts5("terms", content='', contentless_delete=1, detail='none', tokenize='ascii');
INSERT INTO "MessageText" ("MessageText", "rank") VALUES ('deletemerge', 0);
INSERT INTO "MessageText" ("MessageText", "rank") VALUES ('pgsz', 1000);
INSERT INTO "MessageText" ("MessageText", "rank") VALUES ('automerge', 8);

-- Messages that are not in the index yet. The gateway adds them a little later, several at once, because each transaction
-- makes the index write and merge pages. Until then a search compares them one by one.
CREATE TABLE "MessageToIndex" ("messageId" INTEGER NOT NULL PRIMARY KEY);
INSERT INTO "MessageToIndex" ("messageId") SELECT "id" FROM "Message";

-- A migration that rebuilds the table "Message" must create these triggers again.
CREATE TRIGGER "Message_text_insert" AFTER INSERT ON "Message" BEGIN
    INSERT INTO "MessageToIndex" ("messageId") VALUES (new."id");
END;
CREATE TRIGGER "Message_text_delete" AFTER DELETE ON "Message" BEGIN
    DELETE FROM "MessageToIndex" WHERE "messageId" = old."id";
    DELETE FROM "MessageText" WHERE "rowid" = old."id";
END;
