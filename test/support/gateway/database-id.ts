import { decodeId } from '../../../src/base/global-id.ts';

/** The id of a session in the database, from its id in GraphQL. */
export function databaseIdOf(sessionId: string): number {
  return Number(decodeId(sessionId)?.id);
}
