-- Why the model stopped writing an answer, as its run has it.
ALTER TABLE "Message" ADD COLUMN "finishReason" TEXT;

UPDATE "Message" SET "finishReason" = (
    SELECT "Run"."finishReason" FROM "Run" WHERE "Run"."assistantMessageId" = "Message"."id"
) WHERE "role" = 'ASSISTANT' AND "status" = 'COMPLETE';

