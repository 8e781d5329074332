-- Where imported sessions come from, so that an import which is repeated leaves them out.
CREATE TABLE "SessionOrigin" (
    "sessionId" INTEGER NOT NULL PRIMARY KEY,
    "origin" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    CONSTRAINT "SessionOrigin_sessionId_fkey" FOREIGN KEY ("sessionId") REFERENCES "Session" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "SessionOrigin_origin_userId_key" ON "SessionOrigin"("origin", "userId");
