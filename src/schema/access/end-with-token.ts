import type { GraphQLFieldResolver } from 'graphql';
import { whenAborted } from '../../base/when-aborted.ts';
import type { Context } from '../../context.ts';
import type { TokenWatch } from '../../identity/token-watcher.ts';
import { followerOf } from './access.ts';

type Subscribe = GraphQLFieldResolver<unknown, Context>;

/**
 * Ends a subscription when the token of its user expires or is revoked. The last result is an error that says so. The
 * run or session that the user followed is not affected.
 */
export function endWithToken(subscribe: Subscribe): Subscribe {
  return async (root, args, context, info) => {
    const follower = followerOf(context);
    const watch = follower && context.tokenWatcher.watch(follower);
    if (!watch) return subscribe(root, args, context, info);
    // Also dispose when the client leaves before the first value: then the generator's `finally` does not run.
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
    // graphql-js treats a yielded error like one that the field throws.
    if (watch.signal.aborted) yield watch.signal.reason;
  } finally {
    watch[Symbol.dispose]();
  }
}
