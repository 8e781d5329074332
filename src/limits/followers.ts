import { tryAgain } from '../errors.ts';
import { HolderCount } from './holder-count.ts';

/** Seconds after which a refused client may try again. */
const retryAfter = 1;

/** Limits how many subscriptions a user has open at once. */
export class Followers {
  readonly #maxPerUser: number;
  readonly #users = new HolderCount<string>();

  /** @param maxPerUser 0: no limit. */
  constructor(maxPerUser: number) {
    this.#maxPerUser = maxPerUser;
  }

  /**
   * Counts one more subscription of the user until the result is disposed.
   *
   * @throws GatewayError RATE_LIMITED if the user has too many.
   */
  enter(userId: string): Disposable {
    if (this.#maxPerUser > 0 && this.#users.of(userId) >= this.#maxPerUser) {
      const message = `This user has ${this.#maxPerUser} subscriptions open already; close one first.`;
      throw tryAgain('RATE_LIMITED', message, { limit: 'MAX_FOLLOWERS_PER_USER', retryAfter });
    }
    return this.#users.enter(userId);
  }
}
