import type { ExecutionArgs, ExecutionResult, OperationDefinitionNode } from 'graphql';
import { writeJson } from '../../base/long-integers.ts';
import { shareTurn } from '../../base/share-turn.ts';
import { startEventExecution } from '../graphql/budget/subscribe-within-budget.ts';
import type { Enveloped } from './graphql-server.ts';
import type { PresentError } from './present-error.ts';
import type { SharedResults } from './shared-results.ts';

/** The results of an operation that has started. The caller pulls values and renders them. */
export interface Results {
  readonly source: AsyncIterable<unknown>;
  /** Turns a value of the source into an execution result as JSON. */
  render(value: unknown): string | Promise<string>;
}

/** How results become JSON for the client. */
export interface Presentation {
  readonly present: PresentError;
  /** Undefined when followers share no results. */
  readonly shared: SharedResults | undefined;
}

/**
 * Builds the context and starts the operation. graphql-js itself, or for deltas `compileDeltaResults`, executes the
 * selection of a subscription on each value, because Yoga's executor and its wrappers would cost more than all other work on the way to the socket. Errors
 * are masked as Yoga would mask them. The `onSubscribe` hooks of plugins are not called.
 */
export async function performOperation(
  enveloped: Enveloped,
  operation: OperationDefinitionNode,
  args: ExecutionArgs,
  { present, shared }: Presentation,
): Promise<Results> {
  const contextualArgs = { ...args, contextValue: await enveloped.contextFactory() };
  const toJson = (result: unknown) => stringifyResult(result as ExecutionResult, present);
  if (operation.operation !== 'subscription') {
    const result = await enveloped.execute(contextualArgs);
    return { source: isAsyncIterable(result) ? result : once(result), render: toJson };
  }
  const started = await startEventExecution(contextualArgs);
  if (!('execute' in started)) return { source: once(started), render: toJson };
  const { source, execute, jsonOfDelta } = started;
  const selection = shared?.selectionOf(contextualArgs, operation);
  function render(value: unknown): string | Promise<string> {
    const known = selection?.find(value);
    if (known !== undefined) return known;
    const pending = selection?.findPending(value);
    if (pending) return pending;
    // One run event wakes all its followers at once, and each of them may have a large selection of its own.
    const turn = shareTurn();
    // Look again afterwards, because another follower may have executed the same selection.
    if (turn) return turn.then(() => render(value));
    const delta = jsonOfDelta(value);
    if (delta !== undefined) {
      selection?.keep(value, delta);
      return delta;
    }
    const result = execute(value);
    if (result instanceof Promise) {
      const json = result.then(toJson);
      selection?.sharePending(value, json);
      return json;
    }
    const json = toJson(result);
    if (!result.errors) selection?.keep(value, json);
    return json;
  }
  return { source, render };
}

/** Wraps one finished result. */
export function singleResult(result: ExecutionResult | { errors: readonly unknown[] }): Results {
  return { source: once(result), render: (value) => JSON.stringify(value) };
}

function stringifyResult(result: ExecutionResult, present: PresentError): string {
  return writeJson(result.errors ? { ...result, errors: result.errors.map(present) } : result);
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
