import { type BucketSize, type TokenBuckets, tokenMs } from './token-buckets.ts';

/** Milliseconds between two sweeps. A sweep forgets full buckets, because a missing bucket counts as full. */
const sweepMs = 60_000;

/** Token buckets in the memory of this process. */
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
