import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { restError } from '../errors/graphql-error.ts';
import type { Part } from '../errors/validation-error.ts';
import type { RestContext, RestServices } from './route.ts';

/**
 * The data of a query or mutation.
 *
 * @param input What the request carried, to find what an error is about.
 * @throws RestError for a result with errors, even where it has data, too: REST has no half answers.
 */
export async function executeDocument<D, V>(
  c: RestContext,
  { executor }: RestServices,
  document: TypedDocumentNode<D, V>,
  variables: V,
  input: Partial<Record<Part, unknown>>,
): Promise<D> {
  const { data, errors } = await executor.execute(document, variables, c.req.raw);
  if (errors !== undefined || data === undefined || data === null) {
    throw restError(errors ?? [], input);
  }
  return data;
}
