-- Which gateway executes a run, and the leases of gateways that share a database.
CREATE TABLE "Gateway" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "leaseUntil" DATETIME NOT NULL,
    "startedAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);
ALTER TABLE "Run" ADD COLUMN "gatewayId" TEXT;
ALTER TABLE "Run" ADD COLUMN "fence" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "Run" ADD COLUMN "stopCause" TEXT;
