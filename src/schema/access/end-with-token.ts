import type { GraphQLFieldResolver } from 'graphql';
import { whenAborted } from '../../base/when-aborted.ts';
import type { Context } from '../../context.ts';
import type { TokenWatch } from '../../identity/token-watcher.ts';

type Subscribe = GraphQLFieldResolver<unknown, Context>;

/**
 * Ends what a user follows when their token expires or is revoked: the last result is the error that says so.
 * What they follow goes on without them.
 */
export function endWithToken(subscribe: Subscribe): Subscribe {
  return async (root, args, context, info) => {
    const watch = context.viewer && context.tokenWatcher.watch(context.viewer);
    if (!watch) return subscribe(root, args, context, info);
    // However it ends: a source that was never begun does not run its `finally`.
    whenAborted(context.signal, () => watch[Symbol.dispose]());
    const signal = AbortSignal.any([context.signal, watch.signal]);
    try {
      const source = await subscribe(root, args, { ...context, signal }, info);
      return followUntil(watch, source as AsyncIterable<unknown>);
    } catch (error) {
      watch[Symbol.dispose]();
      throw error;
    }
  };
}

async function* followUntil(watch: TokenWatch, source: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  try {
    for await (const value of source) {
      if (watch.signal.aborted) break;
      yield value;
    }
    // graphql-js takes an error for what the field throws.
    if (watch.signal.aborted) yield watch.signal.reason;
  } finally {
    watch[Symbol.dispose]();
  }
}
