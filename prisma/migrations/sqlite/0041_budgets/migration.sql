-- Runs wait while a budget is used up, and users may have budgets of their own.
ALTER TABLE "Run" ADD COLUMN "pausedUntil" DATETIME;

CREATE TABLE "UserBudget" (
    "userId" TEXT NOT NULL PRIMARY KEY,
    "perDay" TEXT,
    "perMonth" TEXT,
    "updatedAt" DATETIME NOT NULL
);
