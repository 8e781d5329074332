import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import type { ExecutionResult } from 'graphql';

/** The GraphQL API in process: all that the REST shim knows of the gateway. */
export interface Executor {
  /** Runs a query or mutation with the context of this HTTP request. Errors are in the result, masked. */
  execute<D, V>(
    document: TypedDocumentNode<D, V>,
    variables: V,
    request: Request,
  ): Promise<ExecutionResult<D>>;

  /**
   * Starts a subscription with the context of this HTTP request.
   *
   * @param signal Ends the subscription; a `next()` that is pending settles at once.
   * @returns The results as they come, or the errors that kept the subscription from starting.
   */
  subscribe<D, V>(
    document: TypedDocumentNode<D, V>,
    variables: V,
    request: Request,
    signal: AbortSignal,
  ): Promise<AsyncIterable<ExecutionResult<D>> | ExecutionResult<D>>;
}
