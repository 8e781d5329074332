import { tryAgain } from '../errors.ts';
import type { UserCount } from './user-count.ts';

export interface RunSlotLimits {
  /** How many runs may be live at once on this gateway. */
  maxLiveRuns: number;
  /** How many runs may be live at once in the sessions of one user, on all gateways; 0: no limit. */
  maxLiveRunsPerUser: number;
}

/** Seconds after which a client may try again: a run may end at any moment. */
const retryAfter = 1;

/** Limits how many runs are live. Each live run holds a slot until it has ended. */
export class RunSlots {
  readonly #limits: RunSlotLimits;
  readonly #users: UserCount;
  #taken = 0;

  constructor(limits: RunSlotLimits, users: UserCount) {
    this.#limits = limits;
    this.#users = users;
  }

  /** Finds out how many live runs a user has on other gateways. Call it before `claim`. */
  async lookUp(userId: string): Promise<void> {
    if (this.#limits.maxLiveRunsPerUser > 0) await this.#users.lookUp(userId);
  }

  /** Takes a slot even when all are taken: a queued run was accepted earlier and must not be refused now. */
  take(userId: string): Disposable {
    const user = this.#users.enter(userId);
    this.#taken += 1;
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (held) this.#taken -= 1;
        held = false;
        user[Symbol.dispose]();
      },
    };
  }

  /**
   * Takes a slot if one is free.
   *
   * @throws GatewayError OVERLOADED if all slots are taken; RATE_LIMITED if the user holds too many.
   */
  claim(userId: string): Disposable {
    const { maxLiveRuns, maxLiveRunsPerUser } = this.#limits;
    if (this.#taken >= maxLiveRuns) {
      const message = `The gateway is answering ${maxLiveRuns} prompts already; try again in a moment.`;
      throw tryAgain('OVERLOADED', message, { limit: 'MAX_LIVE_RUNS', retryAfter });
    }
    if (maxLiveRunsPerUser > 0 && this.#users.of(userId) >= maxLiveRunsPerUser) {
      const message = `${maxLiveRunsPerUser} prompts of this user are being answered already; wait for one, or cancel it.`;
      throw tryAgain('RATE_LIMITED', message, { limit: 'MAX_LIVE_RUNS_PER_USER', retryAfter });
    }
    return this.take(userId);
  }
}
