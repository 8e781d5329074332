import type { Logger } from 'pino';
import type { Context, Services } from '../../context.ts';
import { ResultBudget, type ResultLimits } from '../../limits/result-budget.ts';
import type { RequestAccounts } from '../guards/rate-limit.ts';
import type { Identify } from '../request/identify.ts';
import type { RequestContext } from '../request/request-context.ts';

export interface OperationContextOptions {
  services: Services;
  identify: Identify;
  accounts: RequestAccounts;
  log: Logger;
  /** The limits of each result. */
  limits: ResultLimits;
}

/** Makes the context of an operation. */
export type CreateOperationContext = (request: Request, facts: RequestContext) => Promise<Context>;

/**
 * Returns the function that makes the context of an operation.
 *
 * @param options The function rejects as its `identify` does.
 */
export function createOperationContext({
  services,
  identify,
  accounts,
  log,
  limits,
}: OperationContextOptions): CreateOperationContext {
  return async (request, { httpRequestId, signal }) => {
    const identity = await identify(request);
    return {
      ...services,
      ...identity,
      account: accounts.get(request),
      resultBudget: new ResultBudget(limits),
      // Few operations need these two, and both cost a small read a noticeable part of its time.
      get signal() {
        return signal ?? request.signal;
      },
      get log() {
        return httpRequestId === undefined ? log : log.child({ httpRequestId });
      },
    };
  };
}
