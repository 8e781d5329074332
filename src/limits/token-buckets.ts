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
 * cell rate algorithm (ITU-T I.371). It allows and refuses the same requests as a bucket that counts tokens.
 */
export interface TokenBuckets {
  /** Takes a token and resolves with 0. If the bucket is empty, resolves with the milliseconds until the next token. */
  take(key: string): Promise<number>;
}

/** Milliseconds until one token has been added. */
export function tokenMs({ perMinute }: BucketSize): number {
  return 60_000 / perMinute;
}
