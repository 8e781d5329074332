import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
} from 'graphql';
import { createFeed, type Feed, feedOf } from '../../../base/feed.ts';
import { shareTurn } from '../../../base/share-turn.ts';
import { isDelta } from '../../../chat/log/run-event.ts';
import { EventCharge } from '../../../limits/event-charge.ts';
import { compileDeltaResults } from '../compiled/delta-results.ts';
import { compileEventExecution } from '../compiled/execute-compiled.ts';
import { contextOf, executeLimited } from './execute-within-budget.ts';

/** The events of a subscription, and how to execute its selection on one of them. */
export interface EventExecution {
  source: Feed<unknown>;
  /** The result has at most the size that its budget allows. Charges the sender, except for a delta. */
  execute: (event: unknown) => ExecutionResult | Promise<ExecutionResult>;
  /** The JSON of the result of a delta; undefined if the event must be executed. */
  jsonOfDelta: (event: unknown) => string | undefined;
}

/** Subscribes with graphql-js. Returns the errors if that fails. */
export async function startEventExecution(args: ExecutionArgs): Promise<EventExecution | ExecutionResult> {
  const events = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in events)) return events;
  const { account, signal, resultBudget } = contextOf(args);
  const deltaResults = compileDeltaResults(args, resultBudget);
  const executeEvent = compileEventExecution(args);
  const source = feedOf(events);
  // A delta costs less than the token that the model makes for it, and a chat has thousands of them: it is not charged.
  const charge = account && signal && new EventCharge(account, signal);
  return {
    source: charge ? afterWaiting(source, charge) : source,
    jsonOfDelta: deltaResults.jsonOf,
    execute(event) {
      const compiled = deltaResults.of(event);
      if (compiled) return compiled;
      const result = executeLimited(args, () => executeEvent(event));
      if (!charge || isDelta(event)) return result;
      const add = (complete: ExecutionResult) => {
        charge.add(resultBudget?.cost ?? 0);
        return complete;
      };
      return result instanceof Promise ? result.then(add) : add(result);
    },
  };
}

/** The newest result of a delta for each document. */
export type NewestResults = WeakMap<DocumentNode, { event: unknown; result: ExecutionResult }>;

/**
 * Subscribes as graphql-js does: returns the results, or the errors that prevented the start.
 *
 * @param newest Give this only for documents whose variables are used by the root field alone. The followers of a run are
 * woken one after the other: each then gets the same object for the same delta, which nobody may change.
 */
export async function subscribeWithinBudget(
  args: ExecutionArgs,
  newest?: NewestResults,
): Promise<Feed<ExecutionResult> | ExecutionResult> {
  const started = await startEventExecution(args);
  if (!('execute' in started)) return started;
  const { source } = started;
  const execute = (event: unknown) => {
    const result = started.execute(event);
    if (newest && isDelta(event) && !(result instanceof Promise) && !result.errors) {
      newest.set(args.document, { event, result });
    }
    return result;
  };
  let executed: ExecutionResult | undefined;
  let executing: Promise<void> | undefined;
  const keep = (result: ExecutionResult) => {
    executed = result;
  };
  return createFeed<ExecutionResult>({
    take() {
      if (executed) {
        const value = executed;
        executed = undefined;
        return { done: false, value };
      }
      if (executing) return undefined;
      const next = source.take();
      if (!next || next.done) return next;
      const shared = newest?.get(args.document);
      if (shared && shared.event === next.value) return { done: false, value: shared.result };
      // One run event wakes all its followers at once, and each of them may have a large selection.
      const turn = shareTurn();
      const result = turn ? turn.then(() => execute(next.value)) : execute(next.value);
      if (!(result instanceof Promise)) return { done: false, value: result };
      executing = result.then(keep);
      return undefined;
    },
    wait() {
      const pending = executing;
      executing = undefined;
      return pending ?? source.wait();
    },
    close: () => source.return(),
  });
}

/** The events, each after the wait that the charge demands. */
function afterWaiting(source: Feed<unknown>, charge: EventCharge): Feed<unknown> {
  let owed: Promise<void> | undefined;
  return createFeed({
    take() {
      owed ??= charge.takeWait();
      return owed ? undefined : source.take();
    },
    wait() {
      const waiting = owed ?? source.wait();
      owed = undefined;
      return waiting;
    },
    close: () => source.return(),
  });
}
