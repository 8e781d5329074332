/**
 * Whether a message was not deleted, in SQL: its row may still be there. Whether it was cleared is another question, which
 * `Session.clearedThroughId` answers.
 *
 * @param message The table, quoted: `"Message"`; or another one whose rows belong to messages.
 * @param column Its column with the id of the message.
 */
export function isKept(message: string, column = 'id'): string {
  return `NOT EXISTS (SELECT 1 FROM "RemovedMessages" AS "removed" WHERE "removed"."sessionId" = ${message}."sessionId"
    AND "removed"."firstId" <= ${message}."${column}" AND "removed"."lastId" >= ${message}."${column}")`;
}
