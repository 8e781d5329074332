/**
 * Values that come over time. A caller that takes those that are there needs no promise for each of them, which matters
 * where a thousand followers get a value at once.
 */
export interface Feed<T> extends AsyncIterableIterator<T, undefined> {
  /**
   * The next value, or the end. Undefined if neither is there yet: then `wait`, and take again.
   *
   * @throws The failure of the source. Call `return` then.
   */
  take(): IteratorResult<T, undefined> | undefined;
  /** Resolves when there may be something to take. Rejects with the failure of the source: call `return` then. */
  wait(): Promise<unknown>;
  /** Ends the feed, also while somebody waits for it. */
  return(): Promise<IteratorResult<T, undefined>>;
}

export interface FeedParts<T> {
  take: Feed<T>['take'];
  wait: Feed<T>['wait'];
  /** Called when the feed is left early or has failed. It can be called more than once. */
  close(): unknown;
}

/** The end of every feed. */
export const feedEnd: IteratorReturnResult<undefined> = { done: true, value: undefined };

export function createFeed<T>({ take, wait, close }: FeedParts<T>): Feed<T> {
  return {
    take,
    wait,
    async next() {
      try {
        for (;;) {
          const result = take();
          if (result) return result;
          await wait();
        }
      } catch (error) {
        // A loop over the feed calls `return` for its own failures, not for those of `next`.
        await close();
        throw error;
      }
    },
    async return() {
      await close();
      return feedEnd;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Makes a feed of any asynchronous iterable. A feed stays as it is. */
export function feedOf<T>(source: AsyncIterable<T>): Feed<T> {
  if ('take' in source && 'wait' in source) return source as Feed<T>;
  const iterator = source[Symbol.asyncIterator]();
  let pulled: IteratorResult<T, undefined> | undefined;
  return createFeed({
    take() {
      const result = pulled;
      if (!result?.done) pulled = undefined;
      return result;
    },
    async wait() {
      pulled = await iterator.next();
    },
    close: () => iterator.return?.(),
  });
}
