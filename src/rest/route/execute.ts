import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import type { ExecutionResult } from 'graphql';
import { restError } from '../errors/graphql-error.ts';
import type { RawInput } from '../errors/validation-error.ts';
import type { RestContext, RestServices } from './route.ts';

/**
 * Executes a query or mutation and returns its data.
 *
 * @param input The raw input of the request; a validation error names the part that caused it.
 * @throws RestError if the result has an error, even if it also has data: REST cannot report a partial result.
 */
export async function executeDocument<D, V>(
  c: RestContext,
  { executor, note }: RestServices,
  document: TypedDocumentNode<D, V>,
  variables: V,
  input: RawInput,
): Promise<D> {
  const result = await executor.execute(document, variables, c.req.raw);
  if (result.errors) note(c.req.raw, result);
  return dataOf(result, input);
}

/** The same for a page of a list. Returns undefined if the result has more than MAX_RESPONSE_BYTES. */
export async function executePage<D, V>(
  c: RestContext,
  { executor, note }: RestServices,
  document: TypedDocumentNode<D, V>,
  variables: V,
  input: RawInput,
): Promise<{ data: D } | undefined> {
  const result = await executor.execute(document, variables, c.req.raw);
  const isTooLarge = result.errors?.[0]?.extensions['limit'] === 'MAX_RESPONSE_BYTES';
  if (isTooLarge) return undefined;
  if (result.errors) note(c.req.raw, result);
  return { data: dataOf(result, input) };
}

function dataOf<D>({ data, errors }: ExecutionResult<D>, input: RawInput): D {
  if (errors !== undefined || data === undefined || data === null) {
    throw restError(errors ?? [], input);
  }
  return data;
}
