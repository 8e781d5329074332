import { type ExecutionArgs, type ExecutionResult, execute, subscribe } from 'graphql';
import type { Context } from '../../context.ts';
import { limitResult } from '../../limits/result-budget.ts';

type MaybePromise<T> = T | Promise<T>;

/** Executes with graphql-js. The result of an exceeded budget is one error without data. */
export function executeWithinBudget(args: ExecutionArgs): MaybePromise<ExecutionResult> {
  const limit = limitOf(args);
  const result = execute(args);
  return result instanceof Promise ? result.then(limit) : limit(result);
}

/** Subscribes with graphql-js, and limits the result for each event. */
export async function subscribeWithinBudget(args: ExecutionArgs) {
  const limit = limitOf(args);
  const results = await subscribe(args);
  if (!(Symbol.asyncIterator in results)) return results;
  const limited: AsyncIterableIterator<ExecutionResult> = {
    async next() {
      const { done, value } = await results.next();
      return done ? { done, value } : { done: false, value: limit(value) };
    },
    return: () => results.return(undefined),
    [Symbol.asyncIterator]() {
      return limited;
    },
  };
  return limited;
}

function limitOf({ contextValue }: ExecutionArgs): (result: ExecutionResult) => ExecutionResult {
  const budget = (contextValue as Partial<Context> | undefined)?.resultBudget;
  return (result) => limitResult(budget, result);
}
