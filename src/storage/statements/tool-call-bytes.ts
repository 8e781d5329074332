/** The bytes of a row of `ToolCall` in SQL: its arguments, also changed ones, and its result, in UTF-8. */
export const bytesOfToolCall = `OCTET_LENGTH(CAST("args" AS TEXT)) + COALESCE(OCTET_LENGTH(CAST("changedArgs" AS TEXT)), 0)
    + COALESCE(OCTET_LENGTH("result"), 0)`;
