import { setTimeout as delay } from 'node:timers/promises';
import { CostAccount } from './cost-account.ts';

/**
 * Charges the sender of a subscription for its executions. While the sender's bucket owes tokens, the next event waits,
 * for at most half a minute. The stream does not fail, and nothing is lost: a follower that waits is a slow reader, which
 * gets deltas merged, and every event shows the state at the time of its execution.
 */
export class EventCharge {
  readonly #account: CostAccount | undefined;
  readonly #signal: AbortSignal;
  /** What was executed and has not been charged, because it makes no whole token. */
  #cost = 0;
  #repaid: Promise<void> | undefined;

  /**
   * @param account Undefined: nothing is charged.
   * @param signal Ends a wait.
   */
  constructor(account: CostAccount | undefined, signal: AbortSignal) {
    this.#account = account;
    this.#signal = signal;
  }

  /** Charges an execution. */
  add(cost: number): void {
    this.#cost += cost;
    const settled = this.#account?.settle(this.#cost, 0);
    if (!settled) return;
    this.#cost = CostAccount.restOf(this.#cost);
    this.#repaid = settled.then((waitMs) => this.#wait(waitMs));
  }

  /** What the next event must wait for. Undefined if there is nothing to wait for. */
  takeWait(): Promise<void> | undefined {
    const repaid = this.#repaid;
    this.#repaid = undefined;
    return repaid;
  }

  async #wait(waitMs: number): Promise<void> {
    // A wait that is aborted ends at once: the subscription then ends too.
    if (waitMs > 0) await delay(waitMs, undefined, { signal: this.#signal }).catch(() => {});
  }
}
