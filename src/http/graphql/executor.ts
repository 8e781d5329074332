import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import type { ExecutionResult } from 'graphql';
import type { RequestIds } from '../request-ids.ts';
import type { RequestContext } from './request-context.ts';
import type { GraphQLServer } from './yoga.ts';

/** Executes documents in process, with all that Yoga does for those that come over HTTP. */
export function createExecutor(yoga: GraphQLServer, requestIds: RequestIds) {
  const prepare = async (request: Request, document: object, variables: unknown, context: RequestContext) => {
    const params = { query: '', variables: variables as Record<string, unknown> };
    const httpRequestId = requestIds.of(request);
    const enveloped = yoga.getEnveloped({ request, params, httpRequestId, ...context } as never);
    const contextValue = await enveloped.contextFactory();
    const args = { schema: enveloped.schema, document, contextValue, variableValues: variables };
    return { enveloped, args };
  };
  return {
    async execute<D, V>(
      document: TypedDocumentNode<D, V>,
      variables: V,
      request: Request,
    ): Promise<ExecutionResult<D>> {
      const { enveloped, args } = await prepare(request, document, variables, {});
      return enveloped.execute(args);
    },
    async subscribe<D, V>(
      document: TypedDocumentNode<D, V>,
      variables: V,
      request: Request,
      signal: AbortSignal,
    ): Promise<AsyncIterable<ExecutionResult<D>> | ExecutionResult<D>> {
      const { enveloped, args } = await prepare(request, document, variables, { signal });
      return enveloped.subscribe(args);
    },
  };
}
