import { type ExecutionArgs, type ExecutionResult, execute } from 'graphql';
import type { Context } from '../../../context.ts';
import { GatewayError } from '../../../errors.ts';
import type { CostAccount } from '../../../limits/cost-account.ts';
import { limitResult } from '../../../limits/result-budget.ts';
import type { OperationCost } from './operation-cost.ts';

type MaybePromise<T> = T | Promise<T>;

/** Executes as graphql-js does. */
type Execute = (args: ExecutionArgs) => MaybePromise<ExecutionResult>;

/**
 * Executes a query or a mutation and charges its sender: first what it may cost at most, so that
 * operations that come together cannot all be executed before the first is charged; at its end what it has really cost.
 * The result of an exceeded budget, or of an operation that the sender cannot pay, is one error without data.
 *
 * @param run Default: graphql-js.
 */
export function executeWithinBudget(
  args: ExecutionArgs,
  operationCost: OperationCost,
  run: Execute = execute,
): MaybePromise<ExecutionResult> {
  const { account } = contextOf(args);
  if (!account) return executeLimited(args, run);
  const prepaid = account.prepay(operationCost(args.schema, args.document, args.operationName));
  if (prepaid === 0) return settled(executeLimited(args, run), args, account, 0);
  return executePrepaid(args, account, prepaid, run);
}

/** Executes once. Also called for each event of a subscription, which is then the root value. */
export function executeLimited(args: ExecutionArgs, run: Execute = execute): MaybePromise<ExecutionResult> {
  const { resultBudget } = contextOf(args);
  const result = run(args);
  const limit = (complete: ExecutionResult) => limitResult(resultBudget, complete);
  return result instanceof Promise ? result.then(limit) : limit(result);
}

/** The parts of the context that execution needs. */
export function contextOf({ contextValue }: ExecutionArgs): Partial<Context> {
  return (contextValue as Partial<Context> | undefined) ?? {};
}

async function executePrepaid(
  args: ExecutionArgs,
  account: CostAccount,
  prepaid: MaybePromise<number>,
  run: Execute,
): Promise<ExecutionResult> {
  try {
    const tokens = await prepaid;
    return await settled(executeLimited(args, run), args, account, tokens);
  } catch (error) {
    if (error instanceof GatewayError) return { errors: [error] };
    throw error;
  }
}

function settled(
  result: MaybePromise<ExecutionResult>,
  args: ExecutionArgs,
  account: CostAccount,
  prepaid: number,
): MaybePromise<ExecutionResult> {
  const settle = (complete: ExecutionResult) => {
    const charged = account.settle(contextOf(args).resultBudget?.cost ?? 0, prepaid);
    return charged ? charged.then(() => complete) : complete;
  };
  return result instanceof Promise ? result.then(settle) : settle(result);
}
