-- Where the reasoning of an answer was when a tool was called.
ALTER TABLE "ToolCall" ADD COLUMN "reasoningOffset" INTEGER NOT NULL DEFAULT 0;

-- The steps of an answer say where their reasoning ends. A call follows the reasoning of its step.
UPDATE "ToolCall" SET "reasoningOffset" = COALESCE((
    SELECT MAX(json_extract("part"."value", '$.end'))
    FROM "AnswerStep", json_each("AnswerStep"."parts") AS "part"
    WHERE "AnswerStep"."messageId" = "ToolCall"."messageId"
      AND "AnswerStep"."step" <= "ToolCall"."step"
      AND json_extract("part"."value", '$.type') = 'reasoning'
), 0);
