import type { GraphQLFieldResolver } from 'graphql';
import { createFeed, type Feed, feedOf } from '../../base/feed.ts';
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
    const follower = await followers.enter(viewer.userId);
    const leave = () => follower[Symbol.dispose]();
    try {
      const source = (await subscribe(root, args, context, info)) as AsyncIterable<unknown>;
      // If the client leaves during `subscribe`, nothing calls `next` or `return`.
      whenAborted(signal, leave);
      return followed(feedOf(source), leave);
    } catch (error) {
      leave();
      throw error;
    }
  };
}

/** Not a generator: `return` on a generator that has not started skips its `finally`, and `leave` would not be called. */
function followed(source: Feed<unknown>, leave: () => void): Feed<unknown> {
  return createFeed({
    take() {
      const result = source.take();
      if (result?.done) leave();
      return result;
    },
    wait: source.wait,
    async close() {
      leave();
      await source.return();
    },
  });
}
