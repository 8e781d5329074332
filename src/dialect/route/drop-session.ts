import { DropConversationDocument } from '../../gql/graphql.ts';
import { executeQuietly } from './execute.ts';
import type { ApiContext, ApiServices } from './route.ts';

/** Deletes a session that nobody needs any more. */
export function dropSession(c: ApiContext, services: ApiServices, id: string): Promise<void> {
  const failure = 'a session that an API has made could not be deleted';
  return executeQuietly(c, services, DropConversationDocument, { id }, failure);
}
