-- The settings of the model that a session has, and those that a prompt gave.
ALTER TABLE "Session" ADD COLUMN "settings" JSONB;
ALTER TABLE "Run" ADD COLUMN "settings" JSONB;

-- The part of the input that the provider wrote to its cache.
ALTER TABLE "Run" ADD COLUMN "cacheWriteInputTokens" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "ModelUsage" ADD COLUMN "cacheWriteInputTokens" INTEGER NOT NULL DEFAULT 0;
