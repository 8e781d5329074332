import { tryAgain } from '../errors.ts';
import { UserCount } from './user-count.ts';

/** Seconds. */
const retryAfter = 1;

/** The subscriptions that users have open. */
export class Followers {
  readonly #maxPerUser: number;
  readonly #users = new UserCount();

  /** @param maxPerUser 0: no limit. */
  constructor(maxPerUser: number) {
    this.#maxPerUser = maxPerUser;
  }

  /**
   * One more, until it is disposed of.
   *
   * @throws GatewayError RATE_LIMITED
   */
  enter(userId: string): Disposable {
    if (this.#maxPerUser > 0 && this.#users.of(userId) >= this.#maxPerUser) {
      const message = `This user has ${this.#maxPerUser} subscriptions open already; close one first.`;
      throw tryAgain('RATE_LIMITED', message, { limit: 'MAX_FOLLOWERS_PER_USER', retryAfter });
    }
    return this.#users.enter(userId);
  }
}
