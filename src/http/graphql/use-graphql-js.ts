import type { Plugin } from 'graphql-yoga';
import { executeWithinBudget, subscribeWithinBudget } from './execute-within-budget.ts';

/**
 * Executes with graphql-js, as `/graphql/stream` does. Yoga's own executor puts the fields of a result in the order in
 * which they resolve; the GraphQL specification demands the order in which the document lists them.
 */
export function useGraphQLJs(): Plugin {
  return {
    onExecute: ({ setExecuteFn }) => setExecuteFn(executeWithinBudget),
    onSubscribe: ({ setSubscribeFn }) => setSubscribeFn(subscribeWithinBudget),
  };
}
