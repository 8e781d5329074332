import { sessionNotFound } from '../../errors.ts';
import type { Session } from '../../generated/prisma/client.ts';
import type { Database } from '../../storage/database.ts';
import { notDeleted } from '../../storage/hidden-rows.ts';

/** @throws GatewayError NOT_FOUND. */
export async function findSession(database: Database, id: number): Promise<Session> {
  const session = await database.session.findUnique({ where: { id, ...notDeleted } });
  if (session === null) throw sessionNotFound(id);
  return session;
}
