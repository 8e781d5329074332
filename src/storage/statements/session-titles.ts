import type { Message, Session } from '../../generated/prisma/client.ts';
import { isKept } from './hidden-messages.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';

/** A session that may get a title. */
type UntitledSession = Pick<Session, 'userId' | 'settings'> & { completedRuns: number };

/**
 * The session if it has no title and was not deleted, with the number of its runs that were completed, which is counted up to
 * a number. Parameters: sessionId, how many runs are counted, sessionId.
 */
export const untitledSession = modelStatement<UntitledSession>(
  'Session',
  `SELECT "userId", "settings", (SELECT CAST(COUNT(*) AS INTEGER) FROM (
     SELECT 1 FROM "Run" WHERE "Run"."sessionId" = ? AND "Run"."status" = 'COMPLETED' LIMIT ?) AS "completed"
   ) AS "completedRuns" FROM "Session" WHERE "id" = ? AND "title" IS NULL AND "deletedAt" IS NULL`,
);

/** The first prompt of a session that was neither cleared nor deleted nor withdrawn. Parameter: sessionId. */
export const firstPrompt = modelStatement<Message>(
  'Message',
  `SELECT "Message".* FROM "Message" JOIN "Session" ON "Session"."id" = "sessionId" AND "Message"."id" > "clearedThroughId"
   WHERE "sessionId" = ? AND "role" = 'USER' AND "Message"."status" = 'COMPLETE' AND ${isKept('"Message"')}
   ORDER BY "sessionId", "Message"."id" LIMIT 1`,
);

/**
 * Gives a session its title, unless it has one, or the prompt that the title was made from is gone. Parameters: the title, its
 * bytes, the present time, sessionId, the prompt.
 */
export const giveTitle = plainStatement<{ userId: string }>(
  `UPDATE "Session" SET "title" = ?, "storedBytes" = "storedBytes" + ?, "updatedAt" = ?
   WHERE "id" = ? AND "title" IS NULL AND "deletedAt" IS NULL AND EXISTS (
     SELECT 1 FROM "Message" WHERE "Message"."id" = ? AND "Message"."id" > "clearedThroughId" AND ${isKept('"Message"')})
   RETURNING "userId"`,
);
