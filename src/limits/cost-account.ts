import { type GatewayError, tryAgain } from '../errors.ts';
import { type BucketSize, type TokenBuckets, tokenMs } from './token-buckets.ts';

/**
 * The cost that takes one token. A document of MAX_QUERY_COST (60,000) takes 60 tokens and at most 0.5 s of a core. With
 * 3,000 tokens a minute (MAX_REQUESTS_PER_MINUTE) a user can send 50 such documents in a minute, which take 25 s of a
 * core; the burst of 600 tokens adds 10 documents, once. A small document takes nothing more than its request does.
 */
const costPerToken = 1_000;

/** How many requests one user or node may send. Each request takes a token, and more for what it costs. */
export interface RequestLimit {
  /** The setting that sets the limit. */
  name: string;
  size: BucketSize;
  buckets: TokenBuckets;
}

/** What the sender of a request pays with: the tokens in the sender's bucket. */
export class CostAccount {
  readonly #limit: RequestLimit;
  readonly #key: string;

  /** @param key Names the sender. */
  constructor(limit: RequestLimit, key: string) {
    this.#limit = limit;
    this.#key = key;
  }

  /** Takes the token of a request. Resolves with the error that refuses the request, or undefined. */
  async enter(): Promise<GatewayError | undefined> {
    const { buckets, size } = this.#limit;
    const waitMs = await buckets.take(this.#key);
    if (waitMs === 0) return undefined;
    const { perMinute, capacity } = size;
    const message = `You may send ${perMinute} requests in a minute, ${capacity} of them at once; try again later.`;
    return this.#refusal(message, waitMs);
  }

  /**
   * Takes the tokens for an operation before it is executed.
   *
   * @param cost The most that the operation may cost.
   * @returns The tokens that were taken. Not a promise where none are needed, so that a small operation waits for nothing.
   * @throws GatewayError RATE_LIMITED if there are too few tokens. Nothing was taken then.
   */
  prepay(cost: number): number | Promise<number> {
    const tokens = Math.floor(cost / costPerToken);
    return tokens === 0 ? 0 : this.#take(tokens, cost);
  }

  /**
   * Takes or gives back the difference between what an operation has cost and the tokens that were taken for it.
   *
   * @returns Undefined if there is no difference; otherwise resolves with the milliseconds until nothing is owed.
   */
  settle(cost: number, prepaid: number): Promise<number> | undefined {
    const tokens = Math.floor(cost / costPerToken) - prepaid;
    return tokens === 0 ? undefined : this.#limit.buckets.settle(this.#key, tokens);
  }

  /** Splits a cost into the part that `settle` takes tokens for and the rest. */
  static restOf(cost: number): number {
    return cost % costPerToken;
  }

  async #take(tokens: number, cost: number): Promise<number> {
    const { buckets, size } = this.#limit;
    // The request has taken a token, so the bucket cannot be full.
    const taken = Math.min(tokens, size.capacity - 1);
    const waitMs = taken === 0 ? 0 : await buckets.take(this.#key, taken);
    if (waitMs > 0) {
      const message = `The document costs ${cost}, which counts as ${tokens} requests. You may send ${size.perMinute} in a minute, and too few are left; try again later, or ask for smaller pages.`;
      // The request takes a token again when it is repeated.
      throw this.#refusal(message, waitMs + tokenMs(size));
    }
    return taken;
  }

  #refusal(message: string, waitMs: number): GatewayError {
    return tryAgain('RATE_LIMITED', message, {
      limit: this.#limit.name,
      retryAfter: Math.ceil(waitMs / 1_000),
    });
  }
}
