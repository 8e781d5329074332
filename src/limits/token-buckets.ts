/** How much a token bucket holds and how fast it fills. */
export interface BucketSize {
  /** Tokens in a full bucket: what may be taken at once. */
  capacity: number;
  /** Tokens that come in a minute, evenly. */
  perMinute: number;
}

/**
 * Token buckets, one per key, all of one size. A bucket that nobody has taken from is full.
 *
 * Adapters keep one number per bucket, the moment at which it will be full again: that is the generic cell rate
 * algorithm (ITU-T I.371), which takes and refuses the same tokens. Milliseconds are as exact as it gets.
 */
export interface TokenBuckets {
  /** Takes a token. Resolves with 0, or where there is none with the milliseconds until there will be one. */
  take(key: string): Promise<number>;
}

/** What a token costs, in milliseconds. */
export function tokenMs({ perMinute }: BucketSize): number {
  return 60_000 / perMinute;
}
