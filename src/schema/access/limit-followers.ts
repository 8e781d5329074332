import type { GraphQLFieldResolver } from 'graphql';
import { whenAborted } from '../../base/when-aborted.ts';
import type { Context } from '../../context.ts';

type Subscribe = GraphQLFieldResolver<unknown, Context>;

/** Counts who subscribes to a field as a follower, for as long as it is subscribed. Nodes are no followers. */
export function limitFollowers(subscribe: Subscribe): Subscribe {
  return async (root, args, context, info) => {
    const { followers, viewer, signal } = context;
    if (viewer === null) return subscribe(root, args, context, info);
    const follower = followers.enter(viewer.userId);
    const leave = () => follower[Symbol.dispose]();
    try {
      const source = (await subscribe(root, args, context, info)) as AsyncIterable<unknown>;
      // They may have left while it was subscribed to: then nobody asks for its first value, nor for its end.
      whenAborted(signal, leave);
      return followed(source[Symbol.asyncIterator](), leave);
    } catch (error) {
      leave();
      throw error;
    }
  };
}

/** Not a generator: one that nobody asked for its first value would not notice its end. */
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
