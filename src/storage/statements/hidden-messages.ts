/**
 * Whether a message was not deleted, in SQL: its row may still be there. Whether it was cleared is another question, which
 * `Session.clearedThroughId` answers.
 *
 * @param message The table, quoted: `"Message"`.
 */
export function isKept(message: string): string {
  return `NOT EXISTS (SELECT 1 FROM "RemovedMessages" AS "removed" WHERE "removed"."sessionId" = ${message}."sessionId"
    AND "removed"."firstId" <= ${message}."id" AND "removed"."lastId" >= ${message}."id")`;
}
