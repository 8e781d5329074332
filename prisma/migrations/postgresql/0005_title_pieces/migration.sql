-- The search in titles: src/storage/title-index.ts. The index of pg_trgm found no text of one or two characters, and with
-- the locale "C" none of other letters than a to z. It also had to be written at each prompt, which changes the session.
-- So titles lie in a table of their own, with an index of all their pieces.
DROP INDEX "Session_title_idx";

CREATE TABLE "SessionTitle" (
    "sessionId" INTEGER NOT NULL,
    "title" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "featureName" TEXT NOT NULL,

    CONSTRAINT "SessionTitle_pkey" PRIMARY KEY ("sessionId")
);

-- All pieces of one to three characters of a title, and whose it is. Only ASCII letters are folded, as in SQLite. The cost
-- makes PostgreSQL use the index, instead of taking all titles to pieces.
CREATE FUNCTION "titlePieces"("title" TEXT, "userId" TEXT, "featureName" TEXT) RETURNS TEXT[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 500 AS $$
DECLARE
    "pieces" TEXT[] := ARRAY['user:' || "userId", 'feature:' || "featureName"];
    "last" TEXT := '';
    "character" TEXT;
BEGIN
    FOREACH "character" IN ARRAY string_to_array(lower("title" COLLATE "C"), NULL) LOOP
        "last" := right("last" || "character", 3);
        "pieces" := "pieces" || ARRAY["character", right("last", 2), "last"];
    END LOOP;
    RETURN "pieces";
END $$;

INSERT INTO "SessionTitle" ("sessionId", "title", "userId", "featureName")
SELECT "id", "title", "userId", "featureName" FROM "Session" WHERE "title" <> '';

-- A search also reads the list of what the index does not have yet, so it is short: 512 kB.
CREATE INDEX "SessionTitle_pieces_idx" ON "SessionTitle"
    USING GIN ("titlePieces"("title", "userId", "featureName") COLLATE "C") WITH (gin_pending_list_limit = 512);
-- Without statistics: PostgreSQL would not use the index for a piece that many titles have, although few have them all.
ALTER INDEX "SessionTitle_pieces_idx" ALTER COLUMN 1 SET STATISTICS 0;

-- There is no foreign key: each row would look its session up, with a plan that may have been made for an empty table. The
-- function never reads all titles, for the same reason.
CREATE FUNCTION "keepSessionTitle"() RETURNS TRIGGER LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM "SessionTitle" WHERE "sessionId" = OLD."id";
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO "SessionTitle" ("sessionId", "title", "userId", "featureName")
        SELECT NEW."id", NEW."title", NEW."userId", NEW."featureName" WHERE NEW."title" <> '';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER "Session_title_insert" AFTER INSERT ON "Session" FOR EACH ROW
    WHEN (NEW."title" <> '') EXECUTE FUNCTION "keepSessionTitle"();
CREATE TRIGGER "Session_title_update" AFTER UPDATE OF "title", "userId", "featureName" ON "Session" FOR EACH ROW
    WHEN ((NEW."title", NEW."userId", NEW."featureName") IS DISTINCT FROM (OLD."title", OLD."userId", OLD."featureName"))
    EXECUTE FUNCTION "keepSessionTitle"();
CREATE TRIGGER "Session_title_delete" AFTER DELETE ON "Session" FOR EACH ROW
    WHEN (OLD."title" <> '') EXECUTE FUNCTION "keepSessionTitle"();
