/** So few are never too many: what keeps the gateway busy then is something else. */
const fewest = 5;
/** What may be left of the live runs where they are too many. */
const decrease = 0.9;
/** How many more are tried in a second: so many, and so large a part of those that may be live. */
const [increase, increasePart] = [5, 0.02];
/** As large a part where nobody was refused. */
const easePart = 0.1;

/**
 * How many runs may be live while the gateway has too much to do: fewer as long as it has, then slowly more, so that
 * it stays at what it can do. Additive increase and multiplicative decrease, as in TCP (RFC 5681, section 3.1).
 */
export class Admission {
  readonly #isOverloaded: () => boolean;
  #limit = Number.POSITIVE_INFINITY;
  #changedAt = 0;
  #refused = false;

  /** @param isOverloaded Whether the gateway has more to do than it can. */
  constructor(isOverloaded: () => boolean) {
    this.#isOverloaded = isOverloaded;
  }

  /** Whether one more may begin beside those that are live. */
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
    if (this.#isOverloaded()) return Math.max(fewest, Math.floor(live * decrease));
    const part = this.#refused ? increasePart : easePart;
    return this.#limit * (1 + part) ** seconds + increase * seconds;
  }
}
