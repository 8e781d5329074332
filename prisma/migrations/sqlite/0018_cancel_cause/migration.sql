-- Why a run was cancelled. The answer has it too, so that a page of messages needs no runs.
ALTER TABLE "Run" ADD COLUMN "cancelCause" TEXT;
ALTER TABLE "Message" ADD COLUMN "cancelCause" TEXT;
