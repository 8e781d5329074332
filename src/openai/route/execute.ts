import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { apiError, type ParameterNames } from '../errors/graphql-error.ts';
import type { ApiContext, ApiServices } from './route.ts';

/**
 * Executes a query or mutation and returns its data.
 *
 * @param names What the client calls the inputs of the document.
 * @throws ApiError if the result has an error.
 */
export async function executeDocument<D, V>(
  c: ApiContext,
  { executor, note }: ApiServices,
  document: TypedDocumentNode<D, V>,
  variables: V,
  names?: ParameterNames,
): Promise<D> {
  const { data, errors } = await executor.execute(document, variables, c.req.raw);
  if (errors) note(c.req.raw, { errors });
  if (errors || !data) throw apiError(errors ?? [], names);
  return data;
}
