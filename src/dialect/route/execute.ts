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

/**
 * Executes a mutation that cleans up for a client that has its answer, or has left. A failure is only logged. What does
 * not exist any more needs no cleaning.
 *
 * @param failure What the log says.
 */
export async function executeQuietly<V>(
  c: ApiContext,
  { executor, log }: ApiServices,
  document: TypedDocumentNode<unknown, V>,
  variables: V,
  failure: string,
): Promise<void> {
  try {
    const { errors } = await executor.execute(document, variables, c.req.raw);
    if (errors && errors[0]?.extensions?.['code'] !== 'NOT_FOUND') throw errors[0];
  } catch (err) {
    log.warn({ err }, failure);
  }
}
