import { amongIds } from './dialect.ts';
import { isKept } from './hidden-messages.ts';
import { plainStatement } from './row-decoder.ts';
import { ofVisible } from './uploads.ts';

/** An object and the user whom it belongs to. */
export interface Owned {
  id: number;
  userId: string;
}

const ofSessionsRows = (table: 'Message' | 'Run' | 'ToolGrant', shown: string) =>
  plainStatement<Owned>(
    `SELECT "row"."id", "Session"."userId" FROM "${table}" AS "row"
     JOIN "Session" ON "Session"."id" = "row"."sessionId" AND ${shown}
     WHERE "row"."id" ${amongIds}`,
  );

/** The owners of the objects of each type. Parameter: the ids. They leave out what was deleted or cleared. */
export const ownersByType = {
  Session: plainStatement<Owned>(
    `SELECT "id", "userId" FROM "Session" WHERE "id" ${amongIds} AND "deletedAt" IS NULL`,
  ),
  Message: ofSessionsRows(
    'Message',
    `"deletedAt" IS NULL AND "row"."id" > "clearedThroughId" AND ${isKept('"row"')}`,
  ),
  Run: ofSessionsRows('Run', '"deletedAt" IS NULL'),
  Attachment: plainStatement<Owned>(
    `SELECT "row"."id", "Session"."userId" FROM "Attachment" AS "row" ${ofVisible('"row"')}
     WHERE "row"."id" ${amongIds}`,
  ),
  ToolGrant: ofSessionsRows('ToolGrant', '"deletedAt" IS NULL'),
  AgentNode: plainStatement<Owned>(`SELECT "id", "userId" FROM "AgentNode" WHERE "id" ${amongIds}`),
};
