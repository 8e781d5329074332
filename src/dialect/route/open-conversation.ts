import {
  type ConversationFieldsFragment,
  type CreateSessionInput,
  OpenConversationDocument,
} from '../../gql/graphql.ts';
import type { ParameterNames } from '../errors/graphql-error.ts';
import { executeDocument } from './execute.ts';
import type { ApiContext, ApiServices } from './route.ts';

/** Makes a session, whose tools wait for an approval before they change anything. @throws ApiError. */
export async function openConversation(
  c: ApiContext,
  services: ApiServices,
  settings: Omit<CreateSessionInput, 'toolApproval'>,
  names: ParameterNames,
): Promise<ConversationFieldsFragment> {
  const variables = { input: { ...settings, toolApproval: 'ASK' as const } };
  return (await executeDocument(c, services, OpenConversationDocument, variables, names)).createSession;
}
