-- Which gateway executes a run, and the leases of gateways that share a database.
CREATE TABLE "Gateway" (
    "id" TEXT NOT NULL,
    "leaseUntil" TIMESTAMP(3) NOT NULL,
    "startedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Gateway_pkey" PRIMARY KEY ("id")
);
ALTER TABLE "Run" ADD COLUMN "gatewayId" TEXT;
ALTER TABLE "Run" ADD COLUMN "fence" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "Run" ADD COLUMN "stopCause" "CancelCause";
