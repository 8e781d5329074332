import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import type { DocumentNode, ExecutionArgs, ExecutionResult } from 'graphql';
import type { Logger } from 'pino';
import { createFeed, type Feed } from '../../base/feed.ts';
import type { Context } from '../../context.ts';
import { GatewayError } from '../../errors.ts';
import { schema } from '../../schema/index.ts';
import { logHidden, maskError } from '../request/mask-error.ts';
import type { RequestContext } from '../request/request-context.ts';
import type { RequestIds } from '../request/request-ids.ts';
import { executeWithinBudget } from './budget/execute-within-budget.ts';
import type { OperationCost } from './budget/operation-cost.ts';
import { type NewestResults, subscribeWithinBudget } from './budget/subscribe-within-budget.ts';
import { createCompiledExecute } from './compiled/execute-compiled.ts';
import { executeDirectly } from './direct/direct-reads.ts';
import { createOperationContext, type OperationContextOptions } from './operation-context.ts';

export type Executor = ReturnType<typeof createExecutor>;

export interface ExecutorOptions extends OperationContextOptions {
  requestIds: RequestIds;
  operationCost: OperationCost;
}

/**
 * Executes documents in process. They are the gateway's own, so they need no parser, no validation and no limits on
 * their shape. They therefore pass Yoga by, which would cost more than their execution and wrap every result of a
 * subscription in promises: what its plugins do for a result is done here, with the same functions.
 */
export function createExecutor({ requestIds, operationCost, ...options }: ExecutorOptions) {
  const { log } = options;
  const newestResults: NewestResults = new WeakMap();
  const executeOthers = createCompiledExecute();
  const run = (args: ExecutionArgs) => executeDirectly(args, executeOthers);
  const createContext = createOperationContext({
    ...options,
    requestIds,
    identify: async (request) => withoutTicket(await options.identify(request)),
  });
  const prepare = async (
    request: Request,
    document: DocumentNode,
    variables: unknown,
    context: RequestContext,
  ) => ({
    schema,
    document,
    variableValues: variables as Record<string, unknown>,
    contextValue: await createContext(request, context),
  });
  return {
    async execute<D, V>(
      document: TypedDocumentNode<D, V>,
      variables: V,
      request: Request,
    ): Promise<ExecutionResult<D>> {
      const httpRequestId = requestIds.of(request);
      const args = await prepare(request, document, variables, { httpRequestId }).catch(asResult);
      if ('errors' in args) return args;
      const result = await executeWithinBudget(args, operationCost, run);
      return createMask(log, httpRequestId)(result) as ExecutionResult<D>;
    },
    async subscribe<D, V>(
      document: TypedDocumentNode<D, V>,
      variables: V,
      request: Request,
      signal: AbortSignal,
    ): Promise<AsyncIterable<ExecutionResult<D>> | ExecutionResult<D>> {
      const httpRequestId = requestIds.of(request);
      const args = await prepare(request, document, variables, { httpRequestId, signal }).catch(asResult);
      if ('errors' in args) return args;
      const mask = createMask(log, httpRequestId);
      const results = await subscribeWithinBudget(args, newestResults);
      const shown = Symbol.asyncIterator in results ? maskEach(results, mask) : mask(results);
      return shown as Feed<ExecutionResult<D>> | ExecutionResult<D>;
    },
  };
}

/** REST admits a ticket only to the stream of its run, and there its sender is the user who made it. */
function withoutTicket<T extends Pick<Context, 'viewer' | 'ticket'>>(sender: T): T {
  return sender.ticket ? { ...sender, viewer: sender.ticket.viewer, ticket: undefined } : sender;
}

/** Building the context identifies the sender, and so refuses a bad token. */
function asResult(error: unknown): { errors: [GatewayError] } {
  if (error instanceof GatewayError) return { errors: [error] };
  throw error;
}

type Mask = (result: ExecutionResult) => ExecutionResult;

function createMask(log: Logger, httpRequestId: string | undefined): Mask {
  return (result) => {
    if (!result.errors) return result;
    for (const error of result.errors) logHidden(log, error, httpRequestId);
    return { ...result, errors: result.errors.map(maskError) };
  };
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
