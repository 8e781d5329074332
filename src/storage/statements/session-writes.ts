import type { Session } from '../../generated/prisma/client.ts';
import { modelStatement } from './row-decoder.ts';

/**
 * Creates a session and returns it. Parameters: the user, the title, the part of the application, the provider, the
 * model, the system prompt, the settings as JSON, the tags and the metadata as JSON, the tool approval, `askUser`, the stored bytes,
 * and three times the present time.
 */
export const createSession = modelStatement<Session>(
  'Session',
  `INSERT INTO "Session" ("userId", "title", "featureName", "providerName", "modelName", "systemPrompt", "settings",
    "tags", "metadata", "toolApproval", "askUser", "storedBytes", "createdAt", "updatedAt", "lastActivityAt")
   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`,
);

/**
 * Changes the settings of a session and returns it. Parameters: the title, the provider, the model, the system prompt,
 * the settings as JSON, the tags and the metadata as JSON, the tool approval, `askUser`, `archivedAt`, whether that is set, `pinnedAt`, how many bytes the session has grown by, the present time, the id.
 */
export const updateSession = modelStatement<Session>(
  'Session',
  `UPDATE "Session" SET "title" = ?, "providerName" = ?, "modelName" = ?, "systemPrompt" = ?, "settings" = ?,
    "tags" = ?, "metadata" = ?, "toolApproval" = ?, "askUser" = ?, "archivedAt" = ?, "isArchived" = ?, "pinnedAt" = ?, "storedBytes" = "storedBytes" + ?, "updatedAt" = ?
   WHERE "id" = ? AND "deletedAt" IS NULL RETURNING *`,
);
