import { DropConversationDocument } from '../../gql/graphql.ts';
import type { ApiContext, ApiServices } from './route.ts';

/** Deletes a session that nobody needs any more. A failure is only logged: the client has its answer. */
export async function dropSession(c: ApiContext, services: ApiServices, id: string): Promise<void> {
  try {
    const { errors } = await services.executor.execute(DropConversationDocument, { id }, c.req.raw);
    // Another request may have deleted it.
    if (errors && errors[0]?.extensions?.['code'] !== 'NOT_FOUND') throw errors[0];
  } catch (err) {
    services.log.warn({ err }, 'a session of the OpenAI API could not be deleted');
  }
}
