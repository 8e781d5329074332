import { tryAgain } from '../errors.ts';
import { HolderCount } from './holder-count.ts';
import type { UserCount } from './user-count.ts';

/** Seconds after which a refused client may try again. */
const retryAfter = 1;

/** Limits how many subscriptions a user has open at once, on all gateways. */
export class Followers {
  readonly #maxPerUser: number;
  readonly #users: UserCount;
  readonly #open = new HolderCount<'open'>();

  /** @param maxPerUser 0: no limit. */
  constructor(maxPerUser: number, users: UserCount) {
    this.#maxPerUser = maxPerUser;
    this.#users = users;
  }

  /**
   * Counts one more subscription of the user until the result is disposed.
   *
   * @throws GatewayError RATE_LIMITED if the user has too many.
   */
  async enter(userId: string): Promise<Disposable> {
    if (this.#maxPerUser > 0) await this.#users.lookUp(userId);
    if (this.#maxPerUser > 0 && this.#users.of(userId) >= this.#maxPerUser) {
      const message = `This user has ${this.#maxPerUser} subscriptions open already; close one first.`;
      throw tryAgain('RATE_LIMITED', message, { limit: 'MAX_FOLLOWERS_PER_USER', retryAfter });
    }
    const [open, ofUser] = [this.#open.enter('open'), this.#users.enter(userId)];
    return {
      [Symbol.dispose]() {
        open[Symbol.dispose]();
        ofUser[Symbol.dispose]();
      },
    };
  }

  /** The subscriptions that are open at this gateway. */
  get open(): number {
    return this.#open.of('open');
  }
}
