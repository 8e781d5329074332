import { type Actor, noteDeed } from '../../../changes/audit.ts';
import type { ChangeLog } from '../../../changes/change-log.ts';
import { GatewayError } from '../../../errors.ts';
import type { Session } from '../../../generated/prisma/client.ts';
import { sessionById } from '../../../storage/statements/sessions.ts';
import type { Statements } from '../../../storage/statements/statement.ts';
import { deleteToolGrant, toolGrantById } from '../../../storage/statements/tool-grants.ts';

/**
 * Ends a grant. When this resolves, no further call starts because of it; calls that run already go on.
 *
 * @returns The session that had it.
 * @throws GatewayError NOT_FOUND.
 */
export async function revokeGrant(
  { statements, changes }: { statements: Statements; changes: ChangeLog },
  id: number,
  actor?: Actor,
): Promise<Session> {
  const { session, told } = await statements.transaction(async (tx) => {
    const grant = await tx.get(toolGrantById, [id]);
    if (grant === undefined) throw grantNotFound(id);
    const { sessionId } = grant;
    await tx.lockSession(sessionId);
    const session = await tx.get(sessionById, [sessionId]);
    if (session === undefined || (await tx.run(deleteToolGrant, [id, sessionId])) === 0) {
      throw grantNotFound(id);
    }
    const { userId } = session;
    const detail = `${grant.toolName} in Session:${sessionId}`;
    await noteDeed(tx, actor, {
      action: 'GRANT_REVOKED',
      ownerId: userId,
      subject: `ToolGrant:${id}`,
      detail,
    });
    return { session, told: await changes.write(tx, [{ kind: 'SessionUpdated', sessionId, userId }]) };
  });
  changes.ring(told);
  return session;
}

export function grantNotFound(id: number): GatewayError {
  return new GatewayError('NOT_FOUND', `There is no grant ${id}.`);
}
