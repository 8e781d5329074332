import { maxId } from '../../base/global-id.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import { messageNotFound, sessionNotFound } from '../../errors.ts';
import type { Session } from '../../generated/prisma/client.ts';
import { visibleMessageById } from '../../storage/statements/exchanges.ts';
import { rangesBelow, showBranch } from '../../storage/statements/lines.ts';
import { newestKeptMessage, newestMessage } from '../../storage/statements/removal.ts';
import { sessionById } from '../../storage/statements/sessions.ts';
import type { Reader, Statements, Writer } from '../../storage/statements/statement.ts';

export interface BranchStores {
  statements: Statements;
  changes: ChangeLog;
}

/**
 * Shows the branch that goes through a message: down to the newest of all messages below it, so that the versions of a
 * prompt bring back the conversations that followed them. Runs go on as they are: a run belongs to its messages.
 *
 * @throws GatewayError NOT_FOUND.
 */
export async function selectBranch(
  messageId: number,
  { statements, changes }: BranchStores,
): Promise<Session> {
  const found = await statements.get(visibleMessageById, [messageId]);
  if (found === undefined) throw messageNotFound(messageId);
  const { sessionId } = found;
  const { session, told } = await statements.transaction(async (tx) => {
    await tx.lockSession(sessionId);
    if ((await tx.get(visibleMessageById, [messageId])) === undefined) throw messageNotFound(messageId);
    const before = await tx.get(sessionById, [sessionId]);
    if (before === undefined) throw sessionNotFound(sessionId);
    const headId = await newestBelow(tx, { sessionId, messageId });
    if (headId === (before.headId ?? (await newestOf(tx, sessionId)))) return { session: before, told: [] };
    const session = await moveHead(tx, { sessionId, headId });
    const told = await changes.write(tx, [{ kind: 'HeadMoved', sessionId, headId }]);
    return { session: session ?? before, told };
  });
  changes.ring(told);
  return session;
}

/** The newest message among one and all that follow it on any branch. */
export async function newestBelow(
  tx: Reader,
  { sessionId, messageId }: { sessionId: number; messageId: number },
): Promise<number> {
  const ranges = await tx.all(rangesBelow, [messageId, sessionId]);
  for (const { firstId, lastId } of ranges.toSorted((a, b) => b.firstId - a.firstId)) {
    const bound = Math.min(lastId, maxId - 1) + 1;
    const newest = await tx.get(newestKeptMessage, [sessionId, firstId - 1, sessionId, bound]);
    if (newest !== undefined) return newest.id;
  }
  return messageId;
}

/** Shows the branch that ends with a message; 0 for no messages. Returns the session as it is then. */
export async function moveHead(
  tx: Writer,
  { sessionId, headId }: { sessionId: number; headId: number },
): Promise<Session | undefined> {
  // A session that shows its newest message needs no head, and its prompts no statement more.
  const isNewest = headId > 0 && headId === (await newestOf(tx, sessionId));
  return tx.get(showBranch, [isNewest ? null : headId, new Date(), headId, sessionId]);
}

/** The newest row of the messages of a session, also of hidden ones; 0 if there is none. */
async function newestOf(tx: Reader, sessionId: number): Promise<number> {
  return (await tx.get(newestMessage, [sessionId, sessionId, maxId]))?.id ?? 0;
}
