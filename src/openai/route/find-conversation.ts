import { executeDocument } from '../../dialect/route/execute.ts';
import type { ApiContext, ApiServices } from '../../dialect/route/route.ts';
import { type ConversationFieldsFragment, FindConversationDocument } from '../../gql/graphql.ts';
import { notFound, readId } from './ids.ts';

/**
 * @param name The id of the conversation, as the client has it.
 * @param param The parameter that names it. Undefined: the path does.
 * @throws ApiError for an id of another kind, and for a conversation that does not exist or belongs to somebody else.
 */
export async function findConversation(
  c: ApiContext,
  services: ApiServices,
  name: string,
  param?: string,
): Promise<ConversationFieldsFragment> {
  const id = readId('conversation', name, param);
  const { session } = await executeDocument(c, services, FindConversationDocument, { id });
  if (!session) throw notFound('conversation', name, param);
  return session;
}
