-- Count everything that earlier versions have stored. An answer that has not ended (STREAMING) is counted when it ends.
UPDATE "Session" SET "storedBytes" =
    LENGTH(CAST(COALESCE("title", '') AS BLOB)) + LENGTH(CAST(COALESCE("systemPrompt", '') AS BLOB))
    + (
        SELECT COALESCE(SUM(LENGTH(CAST("content" AS BLOB)) + LENGTH(CAST(COALESCE("reasoning", '') AS BLOB))), 0)
        FROM "Message" WHERE "sessionId" = "Session"."id" AND "status" <> 'STREAMING'
    ) + (
        SELECT COALESCE(SUM(LENGTH(CAST("args" AS BLOB)) + LENGTH(CAST(COALESCE("result", '') AS BLOB))), 0)
        FROM "ToolCall" JOIN "Message" ON "Message"."id" = "messageId"
        WHERE "sessionId" = "Session"."id" AND "Message"."status" <> 'STREAMING'
    ) + (
        SELECT COALESCE(SUM("size"), 0) FROM "MessageAudio" JOIN "Message" ON "Message"."id" = "messageId"
        WHERE "sessionId" = "Session"."id"
    );
