-- Steering: a prompt can join the answer that is being written. An answer knows the prompts that joined it, such a prompt its
-- answer, and the run of the prompt the run that it is to join.
ALTER TABLE "Message" ADD COLUMN "steeredIntoId" INTEGER;
ALTER TABLE "Message" ADD COLUMN "steeredPrompts" JSONB;
ALTER TABLE "Run" ADD COLUMN "steersId" INTEGER;
ALTER TABLE "Run" ADD COLUMN "steeredSeq" INTEGER;
CREATE INDEX "Run_steersId_queued_idx" ON "Run"("steersId") WHERE "status" = 'QUEUED' AND "steersId" IS NOT NULL;
