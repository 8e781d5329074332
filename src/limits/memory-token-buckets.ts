import { type BucketSize, maxDebtMs, type TokenBuckets, tokenMs } from './token-buckets.ts';

/** Milliseconds between two sweeps. A sweep forgets full buckets, because a missing bucket counts as full. */
const sweepMs = 60_000;

/** Token buckets in the memory of this process. */
export function createMemoryTokenBuckets(size: BucketSize): TokenBuckets {
  const token = tokenMs(size);
  const emptyMs = size.capacity * token;
  const fullAt = new Map<string, number>();
  let sweepAt = 0;
  const sweep = (now: number) => {
    if (now < sweepAt) return;
    for (const [key, at] of fullAt) if (at <= now) fullAt.delete(key);
    sweepAt = now + sweepMs;
  };
  /** Returns the milliseconds until the bucket owes nothing. */
  const settle = (key: string, tokens: number, now: number) => {
    const next = Math.max(now, fullAt.get(key) ?? 0) + tokens * token;
    fullAt.set(key, Math.min(next, now + emptyMs + maxDebtMs));
    return Math.max(0, Math.min(Math.round(next - now - emptyMs), maxDebtMs));
  };
  return {
    async take(key, tokens = 1) {
      const now = performance.now();
      sweep(now);
      const wait = Math.round(Math.max(now, fullAt.get(key) ?? 0) + tokens * token - now - emptyMs);
      if (wait > 0) return wait;
      settle(key, tokens, now);
      return 0;
    },
    async settle(key, tokens) {
      return settle(key, tokens, performance.now());
    },
  };
}
