/** The limit never falls below this. With so few runs, something else keeps the gateway busy. */
const lowestLimit = 5;
/** While overloaded, the limit is this part of the live runs. */
const decrease = 0.9;
/** Otherwise the limit grows by so many runs per second, and in addition by one of the two parts below. */
const increase = 5;
/** By how much the limit grows per second if a run was refused. */
const increasePart = 0.02;
/** By how much the limit grows per second if no run was refused. */
const easePart = 0.1;

/**
 * Limits how many runs are live when the gateway is overloaded. The limit falls while the gateway is overloaded and then
 * rises slowly, so that it stays near the number of runs that the gateway can serve: additive increase, multiplicative
 * decrease, as in TCP (RFC 5681, section 3.1).
 */
export class Admission {
  readonly #isOverloaded: () => boolean;
  #limit = Number.POSITIVE_INFINITY;
  #changedAt = 0;
  #refused = false;

  constructor(isOverloaded: () => boolean) {
    this.#isOverloaded = isOverloaded;
  }

  /** Whether one more run may start. `live` is how many runs are live now. */
  admits(live: number): boolean {
    const now = performance.now();
    const seconds = (now - this.#changedAt) / 1_000;
    if (seconds >= 1) {
      this.#limit = this.#next(live, seconds);
      this.#changedAt = now;
      this.#refused = false;
    }
    const isAdmitted = live < this.#limit;
    this.#refused ||= !isAdmitted;
    return isAdmitted;
  }

  #next(live: number, seconds: number): number {
    if (this.#isOverloaded()) return Math.max(lowestLimit, Math.floor(live * decrease));
    const part = this.#refused ? increasePart : easePart;
    return this.#limit * (1 + part) ** seconds + increase * seconds;
  }
}
