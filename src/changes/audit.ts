import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from 'pino';
import { shorten } from '../base/cut-text.ts';
import { repeatFromStart } from '../base/repeat.ts';
import type { Prisma } from '../generated/prisma/client.ts';
import { deleteOldAudit, insertAuditEntries } from '../storage/statements/audit.ts';
import type { Statements, Writer } from '../storage/statements/statement.ts';

/** What can be done, for the audit log. The texts describe the values of GraphQL's `AuditAction`. */
export const auditActions = {
  TOOL_CALL_APPROVED:
    'A tool call was approved. `detail` names the tool, and says if the approval is remembered or the arguments were changed.',
  TOOL_CALL_DENIED: 'A tool call was denied. `detail` names the tool.',
  TOOL_CALL_ANSWERED:
    'A client has answered a tool call, or the user a question of the model. `detail` names the tool.',
  GRANT_REVOKED: 'An approval that held for later calls was revoked. `detail` names the tool.',
  SESSION_DELETED: 'A session was deleted.',
  SESSION_ARCHIVED: 'A session was archived, or taken out of the archive, as `detail` says.',
  SESSIONS_EXPORTED: 'Sessions of a user were exported on the command line. `detail` says how many.',
  SESSION_IMPORTED: 'A session was imported on the command line. `detail` says where it comes from.',
  HISTORY_CLEARED: 'All messages of a session were deleted.',
  MESSAGE_DELETED: 'A message was deleted with all that follow it.',
  AUDIO_DELETED: 'The recording of a message was deleted.',
  NODE_REGISTERED: 'A node was registered, and has got its first token.',
  NODE_TOKEN_ROTATED: 'A node has got a new token.',
  NODE_DELETED: 'A node was deleted.',
  TOKEN_CREATED: 'An API token was created. `detail` says whether it is the token of an admin, and its name.',
  TOKEN_REVOKED: 'An API token was revoked.',
  BUDGET_SET: 'A user has got a budget of their own. `detail` says how much.',
} as const;

export type AuditAction = keyof typeof auditActions;

/** Who does something, and from where. */
export interface Actor {
  /** Empty: an operator, on the command line. */
  userId: string;
  /** The token with which the user identified themselves; null if there was no token, and for a JWT. */
  apiTokenId: number | null;
  address: string | null;
  userAgent: string | null;
}

/** An operator, on the command line. */
export const operator: Actor = { userId: '', apiTokenId: null, address: null, userAgent: null };

/** Something that was done. */
export interface Deed {
  action: AuditAction;
  /** The user to whom belongs what it was done to. */
  ownerId: string;
  /** A type, and a number or a name: `Session:12`. */
  subject: string;
  /** Further facts. No secret, and no text of a conversation. */
  detail?: string | undefined;
}

/** Characters of a detail. */
const longestDetail = 300;

function toFacts({ action, ownerId, subject, detail }: Deed) {
  return { action, ownerId, subject, detail: detail === undefined ? null : shorten(detail, longestDetail) };
}

/**
 * Writes to the audit log, in the transaction that does it, with one statement for all deeds.
 *
 * @param actor Undefined: the gateway itself does it, and nothing is written.
 */
export async function noteDeeds(tx: Writer, actor: Actor | undefined, deeds: readonly Deed[]): Promise<void> {
  if (!actor || deeds.length === 0) return;
  const { userId, apiTokenId, address, userAgent } = actor;
  const json = JSON.stringify(deeds.map(toFacts));
  await tx.run(insertAuditEntries, [new Date(), userId, apiTokenId, address, userAgent, json]);
}

/** As `noteDeeds`, for one. */
export async function noteDeed(tx: Writer, actor: Actor | undefined, deed: Deed): Promise<void> {
  await noteDeeds(tx, actor, [deed]);
}

/** As `noteDeeds`, in a transaction of Prisma. */
export async function noteDeedsWithin(
  tx: Pick<Prisma.TransactionClient, 'auditEntry'>,
  actor: Actor | undefined,
  deeds: readonly Deed[],
): Promise<void> {
  if (!actor || deeds.length === 0) return;
  const at = new Date();
  await tx.auditEntry.createMany({ data: deeds.map((deed) => ({ at, ...actor, ...toFacts(deed) })) });
}

const [hourMs, dayMs] = [3_600_000, 86_400_000];
/** Rows that one transaction deletes. */
const pieceSize = 1_000;

/**
 * Deletes entries that are older than so many days, at the start and then every hour, until the result is disposed.
 *
 * @param days 0: they are kept for ever.
 */
export function sweepAudit(
  days: number,
  { statements, log }: { statements: Statements; log: Logger },
): AsyncDisposable | undefined {
  if (days === 0) return undefined;
  const sweep = async (closing: AbortSignal) => {
    const before = new Date(Date.now() - days * dayMs);
    for (;;) {
      const deleted = await statements.transaction((tx) => tx.run(deleteOldAudit, [before, pieceSize]));
      if (deleted < pieceSize || closing.aborted) return;
      await nextTurn();
    }
  };
  return repeatFromStart(hourMs, (closing) =>
    sweep(closing).catch((err: unknown) =>
      log.warn({ err }, 'old entries of the audit log could not be deleted'),
    ),
  );
}
