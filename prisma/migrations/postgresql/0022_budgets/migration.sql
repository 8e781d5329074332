-- Runs wait while a budget is used up, and users may have budgets of their own.
ALTER TABLE "Run" ADD COLUMN "pausedUntil" TIMESTAMP(3);

CREATE TABLE "UserBudget" (
    "userId" TEXT NOT NULL,
    "perDay" TEXT,
    "perMonth" TEXT,
    "updatedAt" TIMESTAMP(3) NOT NULL,

    CONSTRAINT "UserBudget_pkey" PRIMARY KEY ("userId")
);
