import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import type { ExecutionResult } from 'graphql';

/** Executes GraphQL documents in this process. The APIs that are no GraphQL reach sessions, runs and nodes only through it. */
export interface Executor {
  /** Executes a query or mutation as the sender of this HTTP request. Errors are in the result, masked. */
  execute<D, V>(
    document: TypedDocumentNode<D, V>,
    variables: V,
    request: Request,
  ): Promise<ExecutionResult<D>>;

  /**
   * Starts a subscription as the sender of this HTTP request.
   *
   * @param signal Ends the subscription; a pending `next()` settles at once.
   * @returns The results of the subscription, or the errors that prevented its start.
   */
  subscribe<D, V>(
    document: TypedDocumentNode<D, V>,
    variables: V,
    request: Request,
    signal: AbortSignal,
  ): Promise<AsyncIterable<ExecutionResult<D>> | ExecutionResult<D>>;
}
