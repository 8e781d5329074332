-- The exit codes of Windows have 32 bits without a sign, and Prisma reads at most 31 from an INTEGER.
ALTER TABLE "ToolCall" ADD COLUMN "anyExitCode" REAL;
UPDATE "ToolCall" SET "anyExitCode" = "exitCode" WHERE "exitCode" IS NOT NULL;
ALTER TABLE "ToolCall" DROP COLUMN "exitCode";
ALTER TABLE "ToolCall" RENAME COLUMN "anyExitCode" TO "exitCode";
