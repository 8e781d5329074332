import type { Attachment } from '../../generated/prisma/client.ts';
import { amongIds, amongTexts } from './dialect.ts';
import { isKept } from './hidden-messages.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';

/** Those blobs that a recording or an attachment refers to. Parameters: the hashes as a `textList`, twice. */
export const usedBlobs = plainStatement<{ sha256: string }>(
  `SELECT "sha256" FROM "MessageAudio" WHERE "sha256" ${amongTexts}
  UNION SELECT "sha256" FROM "Attachment" WHERE "sha256" ${amongTexts}`,
);

/** Blobs whose rows were deleted, in the order of their keys. Parameters: the key before them, how many. */
export const releasedBlobs = plainStatement<{ sha256: string }>(
  'SELECT "sha256" FROM "ReleasedBlob" WHERE "sha256" > ? ORDER BY "sha256" LIMIT ?',
);

/** The blobs are gone. Parameter: their keys as a `textList`. */
export const forgetReleased = plainStatement<never>(
  `DELETE FROM "ReleasedBlob" WHERE "sha256" ${amongTexts}`,
);

/** The blobs stay, because other rows refer to them. Parameter: their keys as a `textList`. */
export const forgetUsed = plainStatement<never>(
  `DELETE FROM "ReleasedBlob" WHERE "sha256" ${amongTexts} AND (
     EXISTS (SELECT 1 FROM "MessageAudio" WHERE "MessageAudio"."sha256" = "ReleasedBlob"."sha256")
     OR EXISTS (SELECT 1 FROM "Attachment" WHERE "Attachment"."sha256" = "ReleasedBlob"."sha256"))`,
);

/** The attachments of messages, in their order. Parameter: the ids of the messages. */
export const attachmentsOfMessages = modelStatement<Attachment & { messageId: number }>(
  'Attachment',
  `SELECT * FROM "Attachment" WHERE "messageId" ${amongIds} ORDER BY "messageId", "position"`,
);

/**
 * Joins the session of an attachment, unless the attachment was cleared or deleted with its session or its message.
 *
 * @param attachment The name of its row.
 */
export function ofVisible(attachment: string): string {
  return `JOIN "Session" ON "Session"."id" = ${attachment}."sessionId" AND "deletedAt" IS NULL
    AND (${attachment}."messageId" IS NULL
      OR (${attachment}."messageId" > "clearedThroughId" AND ${isKept(attachment, 'messageId')}))`;
}

/** Parameter: the id. */
export const visibleAttachmentById = modelStatement<Attachment>(
  'Attachment',
  `SELECT "Attachment".* FROM "Attachment" ${ofVisible('"Attachment"')}
  WHERE "Attachment"."id" = ?`,
);

/** Those of some attachments that a session has. Parameters: the ids, sessionId. */
export const attachmentsOfSession = modelStatement<Attachment>(
  'Attachment',
  `SELECT "Attachment".* FROM "Attachment" ${ofVisible('"Attachment"')}
  WHERE "Attachment"."id" ${amongIds} AND "sessionId" = ?`,
);

/** Sends an attachment with a message. Parameters: messageId, position, id. */
export const sendAttachment = plainStatement<never>(
  'UPDATE "Attachment" SET "messageId" = ?, "position" = ? WHERE "id" = ? AND "messageId" IS NULL',
);

/** Sends a copy of an attachment with a message. Parameters: messageId, position, id. */
export const sendCopy = plainStatement<never>(
  `INSERT INTO "Attachment" ("sessionId", "messageId", "position", "sentAs", "sha256", "mimeType", "size", "filename",
    "width", "height", "pageCount", "durationSeconds", "tokenCount", "uploadedAt")
  SELECT "sessionId", CAST(? AS INTEGER), CAST(? AS INTEGER), "id", "sha256", "mimeType", "size", "filename", "width", "height", "pageCount",
    "durationSeconds", "tokenCount", "uploadedAt" FROM "Attachment" WHERE "id" = ?`,
);

/** Parameters: how many, the id of the message. */
export const countAttachments = plainStatement<never>(
  'UPDATE "Message" SET "attachmentCount" = ? WHERE "id" = ?',
);

/** The ids that a prompt was sent with, in their order. Parameter: the id of the message. */
export const sentAttachmentIds = plainStatement<{ id: number }>(
  `SELECT COALESCE("sentAs", "id") AS "id" FROM "Attachment" WHERE "messageId" = ? ORDER BY "position"`,
);

/** How many attachments of a session are not sent yet, and their bytes. Parameter: sessionId. */
export const unsentOfSession = plainStatement<{ count: number; bytes: number }>(
  `SELECT COUNT(*) AS "count", COALESCE(SUM("size"), 0) AS "bytes"
  FROM "Attachment" WHERE "sessionId" = ? AND "messageId" IS NULL`,
);

/** Parameters: the columns in this order. */
export const insertAttachment = modelStatement<Attachment>(
  'Attachment',
  `INSERT INTO "Attachment" ("sessionId", "sha256", "mimeType", "size", "filename", "width", "height", "pageCount",
    "durationSeconds", "tokenCount", "uploadedAt")
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`,
);

/** Counts bytes that a session has more, or fewer. Parameters: bytes, id of the session. */
export const addSessionBytes = plainStatement<{ userId: string }>(
  'UPDATE "Session" SET "storedBytes" = "storedBytes" + ? WHERE "id" = ? RETURNING "userId"',
);

/** Deletes an attachment that was sent with no message. Parameter: id. */
export const deleteUnsent = plainStatement<never>(
  'DELETE FROM "Attachment" WHERE "id" = ? AND "messageId" IS NULL',
);

/** Some attachments that were uploaded before a time and never sent, oldest first. Parameters: the time, how many. */
export const forgottenAttachments = plainStatement<{ id: number; sessionId: number }>(
  `SELECT "id", "sessionId" FROM "Attachment" WHERE "messageId" IS NULL AND "uploadedAt" < ? ORDER BY "id" LIMIT ?`,
);

/** The blobs of unsent attachments of sessions. Parameter: the ids of the sessions. */
export const unsentBlobs = plainStatement<{ sha256: string }>(
  `SELECT DISTINCT "sha256" FROM "Attachment" WHERE "sessionId" ${amongIds} AND "messageId" IS NULL`,
);
