import type { Run, ToolSet } from '../../generated/prisma/client.ts';
import { modelStatement, plainStatement } from './row-decoder.ts';

/** Parameters: id. */
export const toolSetById = modelStatement<ToolSet>('ToolSet', 'SELECT * FROM "ToolSet" WHERE "id" = ?');

/** The tools of a session with a hash. Parameters: sessionId, hash. */
export const toolSetByHash = plainStatement<{ id: number }>(
  'SELECT "id" FROM "ToolSet" WHERE "sessionId" = ? AND "hash" = ?',
);

/** Parameters: sessionId, hash, tools (JSON). */
export const insertToolSet = plainStatement<{ id: number }>(
  'INSERT INTO "ToolSet" ("sessionId", "hash", "tools") VALUES (?, ?, ?) RETURNING "id"',
);

/** The tools of the newest run that has answered a prompt. Parameters: the id of the prompt. */
export const toolsOfPrompt = modelStatement<Pick<Run, 'toolSetId' | 'askUser'>>(
  'Run',
  'SELECT "toolSetId", "askUser" FROM "Run" WHERE "userMessageId" = ? ORDER BY "id" DESC LIMIT 1',
);

/** Parameters: sessionId. */
export const deleteToolSets = plainStatement<never>('DELETE FROM "ToolSet" WHERE "sessionId" = ?');
