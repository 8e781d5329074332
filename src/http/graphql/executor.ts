import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import type { ExecutionArgs, ExecutionResult, GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import { createFeed, type Feed } from '../../base/feed.ts';
import type { Context } from '../../context.ts';
import { GatewayError } from '../../errors.ts';
import { ResultBudget, type ResultLimits } from '../../limits/result-budget.ts';
import { logHidden, maskError } from '../request/mask-error.ts';
import type { RequestContext } from '../request/request-context.ts';
import type { RequestIds } from '../request/request-ids.ts';
import { subscribeWithinBudget } from './subscribe-within-budget.ts';
import type { GraphQLServer } from './yoga.ts';

export type Executor = ReturnType<typeof createExecutor>;

/**
 * Executes documents in process, with the same Yoga plugins as documents that come over HTTP.
 *
 * @param limits The limits of each result.
 */
export function createExecutor(yoga: GraphQLServer, requestIds: RequestIds, limits: ResultLimits) {
  const prepare = async (request: Request, document: object, variables: unknown, context: RequestContext) => {
    const params = { query: '', variables: variables as Record<string, unknown> };
    const httpRequestId = requestIds.of(request);
    const enveloped = yoga.getEnveloped({ request, params, httpRequestId, ...context } as never);
    const sent = (await enveloped.contextFactory()) as Context;
    // The documents are the gateway's own, and REST admits a ticket only to the stream of its run.
    const viewer = sent.ticket?.viewer ?? sent.viewer;
    const contextValue = { ...sent, viewer, ticket: undefined, resultBudget: new ResultBudget(limits) };
    const args = { schema: enveloped.schema, document, contextValue, variableValues: variables };
    return { enveloped, args };
  };
  // Building the context identifies the sender, and so refuses a bad token.
  const asResult = (error: unknown) => {
    if (error instanceof GatewayError) return { errors: [error] };
    throw error;
  };
  return {
    async execute<D, V>(
      document: TypedDocumentNode<D, V>,
      variables: V,
      request: Request,
    ): Promise<ExecutionResult<D>> {
      return prepare(request, document, variables, {}).then(
        ({ enveloped, args }) => enveloped.execute(args),
        asResult,
      );
    },
    async subscribe<D, V>(
      document: TypedDocumentNode<D, V>,
      variables: V,
      request: Request,
      signal: AbortSignal,
    ): Promise<AsyncIterable<ExecutionResult<D>> | ExecutionResult<D>> {
      // Yoga would wrap every result in promises. What its plugins do with the errors is done here.
      return prepare(request, document, variables, { signal }).then(async ({ args }) => {
        const results = await subscribeWithinBudget(args as ExecutionArgs);
        const mask = createMask(args.contextValue.log);
        const shown = Symbol.asyncIterator in results ? maskEach(results, mask) : mask(results);
        return shown as Feed<ExecutionResult<D>> | ExecutionResult<D>;
      }, asResult);
    },
  };
}

type Mask = (result: ExecutionResult) => ExecutionResult;

/** @param log Adds the id of the request to each line. */
function createMask(log: Logger): Mask {
  const mask = (error: GraphQLError) => {
    logHidden(log, error, undefined);
    return maskError(error);
  };
  return (result) => (result.errors ? { ...result, errors: result.errors.map(mask) } : result);
}

function maskEach(results: Feed<ExecutionResult>, mask: Mask): Feed<ExecutionResult> {
  return createFeed({
    take() {
      const next = results.take();
      return next && !next.done && next.value.errors ? { done: false, value: mask(next.value) } : next;
    },
    wait: results.wait,
    close: () => results.return(),
  });
}
