import type { ExecutionArgs } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { RequestContext } from '../../request/request-context.ts';
import { executeWithinBudget } from '../budget/execute-within-budget.ts';
import type { OperationCost } from '../budget/operation-cost.ts';
import { subscribeWithinBudget } from '../budget/subscribe-within-budget.ts';

/**
 * Executes with graphql-js, as `/graphql/stream` does. Yoga's own executor puts the fields of a result in the order in
 * which they resolve; the GraphQL specification demands the order in which the document lists them.
 */
export function useGraphQLJs(operationCost: OperationCost): Plugin {
  return {
    onExecute: ({ setExecuteFn }) =>
      setExecuteFn((args: ExecutionArgs) => {
        const { executed } = args.contextValue as RequestContext;
        return executed ?? executeWithinBudget(args, operationCost);
      }),
    onSubscribe: ({ setSubscribeFn }) => setSubscribeFn(subscribeWithinBudget),
  };
}
