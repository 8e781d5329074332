import type { GraphQLFieldResolver } from 'graphql';
import { createFeed, type Feed, feedEnd, feedOf } from '../../base/feed.ts';
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
    // If the client leaves during `subscribe`, nothing calls `next` or `return`.
    whenAborted(context.signal, () => watch[Symbol.dispose]());
    const signal = AbortSignal.any([context.signal, watch.signal]);
    try {
      const limited: Context = Object.create(context, { signal: { value: signal } });
      const source = await subscribe(root, args, limited, info);
      return followUntil(watch, feedOf(source as AsyncIterable<unknown>));
    } catch (error) {
      watch[Symbol.dispose]();
      throw error;
    }
  };
}

function followUntil(watch: TokenWatch, source: Feed<unknown>): Feed<unknown> {
  let state: 'following' | 'refused' | 'ended' = 'following';
  // Asked for each run event. `signal.aborted` would take far longer.
  let isOver = false;
  whenAborted(watch.signal, () => {
    isOver = true;
  });
  const close = async () => {
    state = 'ended';
    watch[Symbol.dispose]();
    await source.return();
  };
  return createFeed({
    take() {
      if (state === 'ended') return feedEnd;
      if (state === 'refused') return undefined;
      const result = isOver ? undefined : source.take();
      if (isOver) {
        state = 'refused';
        // graphql-js treats a value that is an error like one that the field throws.
        return { done: false, value: watch.signal.reason };
      }
      if (result?.done) {
        state = 'ended';
        watch[Symbol.dispose]();
      }
      return result;
    },
    wait: () => (state === 'refused' ? close() : source.wait()),
    close,
  });
}
