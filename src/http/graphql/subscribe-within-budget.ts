import { createSourceEventStream, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { shareTurn } from '../../base/share-turn.ts';
import { isDelta } from '../../chat/log/run-event.ts';
import { EventCharge } from '../../limits/event-charge.ts';
import { contextOf, executeLimited } from './execute-within-budget.ts';

/** The events of a subscription, and how to execute its selection on one of them. */
export interface EventExecution {
  source: AsyncIterable<unknown>;
  /** The result has at most the size that its budget allows. Charges the sender, except for a delta. */
  execute: (event: unknown) => ExecutionResult | Promise<ExecutionResult>;
}

/** Subscribes with graphql-js. Returns the errors if that fails. */
export async function startEventExecution(args: ExecutionArgs): Promise<EventExecution | ExecutionResult> {
  const events = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in events)) return events;
  const { account, signal, resultBudget } = contextOf(args);
  const charge = account && signal && new EventCharge(account, signal);
  if (!charge) return { source: events, execute: (event) => executeLimited({ ...args, rootValue: event }) };
  return {
    source: afterWaiting(events, charge),
    execute(event) {
      const result = executeLimited({ ...args, rootValue: event });
      // A delta costs less than the token that the model makes for it, and a chat has thousands of them.
      if (isDelta(event)) return result;
      const add = (complete: ExecutionResult) => {
        charge.add(resultBudget?.cost ?? 0);
        return complete;
      };
      return result instanceof Promise ? result.then(add) : add(result);
    },
  };
}

/** Subscribes as graphql-js does: returns the results, or the errors that prevented the start. */
export async function subscribeWithinBudget(args: ExecutionArgs) {
  const started = await startEventExecution(args);
  if (!('execute' in started)) return started;
  const events = started.source[Symbol.asyncIterator]();
  const results: AsyncIterableIterator<ExecutionResult> = {
    async next() {
      const { done, value } = await events.next();
      if (done) return { done, value: undefined };
      // One run event wakes all its followers at once, and each of them may have a large selection.
      await shareTurn();
      return { done: false, value: await started.execute(value) };
    },
    async return() {
      await events.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return results;
    },
  };
  return results;
}

/** The events, each after the wait that the charge demands. */
function afterWaiting(source: AsyncIterable<unknown>, charge: EventCharge): AsyncIterable<unknown> {
  const events = source[Symbol.asyncIterator]();
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        const wait = charge.takeWait();
        return wait ? wait.then(() => events.next()) : events.next();
      },
      return: async () => (await events.return?.()) ?? { done: true, value: undefined },
    }),
  };
}
