import { type BucketSize, type TokenBuckets, tokenMs } from './token-buckets.ts';

/** Between two looks for buckets that are full: those are as good as none. */
const sweepMs = 60_000;

/** The token buckets of a gateway that is alone. */
export function createMemoryTokenBuckets(size: BucketSize): TokenBuckets {
  const token = tokenMs(size);
  const fullAt = new Map<string, number>();
  let sweepAt = 0;
  const sweep = (now: number) => {
    if (now < sweepAt) return;
    for (const [key, at] of fullAt) if (at <= now) fullAt.delete(key);
    sweepAt = now + sweepMs;
  };
  return {
    async take(key) {
      const now = performance.now();
      sweep(now);
      const next = Math.max(now, fullAt.get(key) ?? 0) + token;
      const wait = Math.round(next - now - size.capacity * token);
      if (wait > 0) return wait;
      fullAt.set(key, next);
      return 0;
    },
  };
}
