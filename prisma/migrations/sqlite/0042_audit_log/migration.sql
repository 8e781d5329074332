-- What users and operators have done, from where, and when.
CREATE TABLE "AuditEntry" (
    "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "at" DATETIME NOT NULL,
    "userId" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "ownerId" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "detail" TEXT,
    "apiTokenId" INTEGER,
    "address" TEXT,
    "userAgent" TEXT
);
CREATE INDEX "AuditEntry_userId_id_idx" ON "AuditEntry"("userId", "id");
CREATE INDEX "AuditEntry_action_id_idx" ON "AuditEntry"("action", "id");
CREATE INDEX "AuditEntry_at_idx" ON "AuditEntry"("at");
