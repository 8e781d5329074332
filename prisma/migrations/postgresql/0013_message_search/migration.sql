-- The search in messages (src/storage/search/README.md): the terms of each message, as numbers which the gateway makes of its words, and which a GIN index of integers finds without parsing any text.
CREATE TABLE "MessageText" (
    "rowid" INTEGER NOT NULL,
    "terms" INTEGER[] NOT NULL,

    CONSTRAINT "MessageText_pkey" PRIMARY KEY ("rowid")
);
-- A search also reads the list of what the index does not have yet, so it is short: 512 kB.
CREATE INDEX "MessageText_terms_idx" ON "MessageText" USING GIN ("terms") WITH (gin_pending_list_limit = 512);
-- Without statistics: PostgreSQL would read the whole table for a term that many messages have, although few have all terms.
ALTER TABLE "MessageText" ALTER COLUMN "terms" SET STATISTICS 0;

-- Messages that are not in the index yet. The gateway adds them a little later, several at once. Until then a search
-- compares them one by one.
CREATE TABLE "MessageToIndex" (
    "messageId" INTEGER NOT NULL,

    CONSTRAINT "MessageToIndex_pkey" PRIMARY KEY ("messageId")
);
INSERT INTO "MessageToIndex" ("messageId") SELECT "id" FROM "Message";

-- There is no foreign key, and the functions never read all rows: see 0005_title_pieces.
CREATE FUNCTION "noteMessageText"() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO "MessageToIndex" ("messageId") VALUES (NEW."id");
    RETURN NULL;
END $$;
CREATE FUNCTION "forgetMessageText"() RETURNS TRIGGER LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    DELETE FROM "MessageToIndex" WHERE "messageId" = OLD."id";
    DELETE FROM "MessageText" WHERE "rowid" = OLD."id";
    RETURN NULL;
END $$;
CREATE TRIGGER "Message_text_insert" AFTER INSERT ON "Message" FOR EACH ROW EXECUTE FUNCTION "noteMessageText"();
CREATE TRIGGER "Message_text_delete" AFTER DELETE ON "Message" FOR EACH ROW EXECUTE FUNCTION "forgetMessageText"();
