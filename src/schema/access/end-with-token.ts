import type { GraphQLFieldResolver } from 'graphql';
import { whenAborted } from '../../base/when-aborted.ts';
import type { Context } from '../../context.ts';
import type { Lapse } from '../../identity/token-watcher.ts';

type Subscribe = GraphQLFieldResolver<unknown, Context>;

/**
 * Ends what a user follows when their token expires or is revoked: the last result is the error that says so.
 * What they follow goes on without them.
 */
export function endWithToken(subscribe: Subscribe): Subscribe {
  return async (root, args, context, info) => {
    const lapse = context.viewer && context.lapses.watch(context.viewer);
    if (!lapse) return subscribe(root, args, context, info);
    // However it ends: a source that was never begun does not run its `finally`.
    whenAborted(context.signal, () => lapse[Symbol.dispose]());
    const signal = AbortSignal.any([context.signal, lapse.signal]);
    try {
      const source = await subscribe(root, args, { ...context, signal }, info);
      return followUntil(lapse, source as AsyncIterable<unknown>);
    } catch (error) {
      lapse[Symbol.dispose]();
      throw error;
    }
  };
}

async function* followUntil(lapse: Lapse, source: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  try {
    for await (const value of source) {
      if (lapse.signal.aborted) break;
      yield value;
    }
    // graphql-js takes an error for what the field throws.
    if (lapse.signal.aborted) yield lapse.signal.reason;
  } finally {
    lapse[Symbol.dispose]();
  }
}
