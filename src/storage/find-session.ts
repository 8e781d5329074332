import { sessionNotFound } from '../errors.ts';
import type { Session } from '../generated/prisma/client.ts';
import { sessionById } from './statements/sessions.ts';
import type { Reader } from './statements/statement.ts';

/** @throws GatewayError NOT_FOUND. */
export async function findSession(statements: Reader, id: number): Promise<Session> {
  const session = await statements.get(sessionById, [id]);
  if (session === undefined) throw sessionNotFound(id);
  return session;
}
