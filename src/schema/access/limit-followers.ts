import type { GraphQLFieldResolver } from 'graphql';
import { whenAborted } from '../../base/when-aborted.ts';
import type { Context } from '../../context.ts';
import { followerOf } from './access.ts';

type Subscribe = GraphQLFieldResolver<unknown, Context>;

/** Counts each open subscription of a user as a follower, up to the limit of that user. Agents are not counted. */
export function limitFollowers(subscribe: Subscribe): Subscribe {
  return async (root, args, context, info) => {
    const { followers, signal } = context;
    const viewer = followerOf(context);
    if (viewer === null) return subscribe(root, args, context, info);
    const follower = followers.enter(viewer.userId);
    const leave = () => follower[Symbol.dispose]();
    try {
      const source = (await subscribe(root, args, context, info)) as AsyncIterable<unknown>;
      // If the client leaves during `subscribe`, nothing calls `next` or `return`.
      whenAborted(signal, leave);
      return followed(source[Symbol.asyncIterator](), leave);
    } catch (error) {
      leave();
      throw error;
    }
  };
}

/** Not a generator: `return` on a generator that has not started skips its `finally`, and `leave` would not be called. */
function followed(source: AsyncIterator<unknown>, leave: () => void): AsyncIterableIterator<unknown> {
  const settle = async (result: Promise<IteratorResult<unknown>>) => {
    try {
      const { done, value } = await result;
      if (done) leave();
      return { done: done ?? false, value };
    } catch (error) {
      leave();
      throw error;
    }
  };
  return {
    next: () => settle(source.next()),
    async return(value) {
      leave();
      return (await source.return?.(value)) ?? { done: true, value };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
