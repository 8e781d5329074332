/** How much a token bucket holds and how fast it fills. */
export interface BucketSize {
  /** Tokens in a full bucket: so many may be taken at once. */
  capacity: number;
  /** Tokens that are added per minute, evenly. */
  perMinute: number;
}

/**
 * Token buckets, one per key, all of the same size. An unused bucket is full.
 *
 * Adapters store one number per bucket: the time in milliseconds at which it will be full again. This is the generic
 * cell rate algorithm (ITU-T I.371). It allows and refuses the same requests as a bucket that counts tokens. A bucket
 * may owe tokens, but never more than are added in `maxDebtMs`.
 */
export interface TokenBuckets {
  /**
   * Takes tokens and resolves with 0. If the bucket has too few, takes none and resolves with the milliseconds until it
   * has enough.
   *
   * @param tokens At most the capacity. Default: 1.
   */
  take(key: string, tokens?: number): Promise<number>;
  /**
   * Takes tokens that have been used already, even if the bucket has too few and so owes them. Gives tokens back if the
   * number is negative. Resolves with the milliseconds until the bucket owes nothing.
   */
  settle(key: string, tokens: number): Promise<number>;
}

/** The longest time in which a bucket repays what it owes. More is forgiven, so that nobody is locked out for longer. */
export const maxDebtMs = 30_000;

/** Milliseconds until one token has been added. */
export function tokenMs({ perMinute }: BucketSize): number {
  return 60_000 / perMinute;
}
