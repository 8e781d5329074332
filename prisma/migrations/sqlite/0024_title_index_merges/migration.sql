-- The index of titles is merged in small pieces, because each holds the event loop: deletions start no merge of their own,
-- and the pages of which a merge takes 64 at once have a quarter of their size. What was deleted is dropped by other merges.
INSERT INTO "SessionTitle" ("SessionTitle", "rank") VALUES ('deletemerge', 0);
INSERT INTO "SessionTitle" ("SessionTitle", "rank") VALUES ('pgsz', 1000);
INSERT INTO "SessionTitle" ("SessionTitle") VALUES ('optimize');
