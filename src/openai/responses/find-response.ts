import { type AnswerRunFragment, FindAnswerDocument, type FindAnswerQuery } from '../../gql/graphql.ts';
import { executeDocument } from '../route/execute.ts';
import { notFound, readId } from '../route/ids.ts';
import type { ApiContext, ApiServices } from '../route/route.ts';

export type FoundResponse = AnswerRunFragment & NonNullable<FindAnswerQuery['run']>;

/**
 * The run that the id of a response names.
 *
 * @param param The parameter that has the id; left out for an id in the path.
 * @throws ApiError if there is none, or the client may not see it.
 */
export async function findResponse(
  c: ApiContext,
  services: ApiServices,
  id: string,
  param?: string,
): Promise<FoundResponse> {
  const { run } = await executeDocument(c, services, FindAnswerDocument, {
    id: readId('response', id, param),
  });
  if (!run) throw notFound('response', id, param);
  return run;
}
