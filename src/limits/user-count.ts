import type { SharedValues } from '../bus/shared-values.ts';
import { HolderCount } from './holder-count.ts';

/** Counts how many things (live runs, subscriptions, connections) each user has at the moment, over all gateways. */
export interface UserCount {
  /** How many the user has. What the user has on other gateways is as `lookUp` has found it. */
  of(userId: string): number;
  /** Counts one more on this gateway until the result is disposed. Disposing it again does nothing. */
  enter(userId: string): Disposable;
  /** Finds out what the user has on other gateways, at most once a second. Call it before `of`. Never rejects. */
  lookUp(userId: string): Promise<void>;
}

export interface SharedUserCountOptions {
  /** What is counted: part of the keys. */
  name: string;
  values: SharedValues;
  gatewayId: string;
  /** The ids of the other gateways that live. */
  others: () => readonly string[];
}

/** How long a count of other gateways is used, in milliseconds. */
const freshMs = 1_000;
/** Milliseconds until a count that has changed is published. */
const publishMs = 200;
/** How long a published count stays, and how often it is published again, in milliseconds. */
const [keptMs, againMs] = [60_000, 20_000];
/** How many users are remembered, so that the memory has a bound. */
const maxKnownUsers = 10_000;

interface Elsewhere {
  count: number;
  readAt: number;
}

/**
 * Each gateway publishes its own counts and adds those of the others. While Redis is away, each counts alone. Two
 * gateways that count at the same moment may let one more through than the limit says.
 */
export class SharedUserCount implements UserCount, Disposable {
  readonly #options: SharedUserCountOptions;
  readonly #own = new HolderCount<string>();
  readonly #elsewhere = new Map<string, Elsewhere>();
  readonly #changed = new Set<string>();
  readonly #again: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SharedUserCountOptions) {
    this.#options = options;
    this.#again = setInterval(() => {
      for (const userId of this.#own.holders()) this.#publishSoon(userId);
    }, againMs).unref();
  }

  of(userId: string): number {
    return this.#own.of(userId) + (this.#elsewhere.get(userId)?.count ?? 0);
  }

  enter(userId: string): Disposable {
    const counted = this.#own.enter(userId);
    this.#publishSoon(userId);
    return {
      [Symbol.dispose]: () => {
        counted[Symbol.dispose]();
        this.#publishSoon(userId);
      },
    };
  }

  async lookUp(userId: string): Promise<void> {
    const known = this.#elsewhere.get(userId);
    if (known && performance.now() - known.readAt < freshMs) return;
    const { values, others } = this.#options;
    const texts = await values.get(others().map((gatewayId) => this.#keyOf(gatewayId, userId)));
    const count = texts.reduce((sum, text) => sum + Number(text ?? 0), 0);
    this.#elsewhere.delete(userId);
    this.#elsewhere.set(userId, { count, readAt: performance.now() });
    const [oldest] = this.#elsewhere.keys();
    if (this.#elsewhere.size > maxKnownUsers && oldest !== undefined) this.#elsewhere.delete(oldest);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#again);
    clearTimeout(this.#timer);
  }

  #publishSoon(userId: string): void {
    this.#changed.add(userId);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const { values, gatewayId } = this.#options;
      for (const changed of this.#changed) {
        void values.set(this.#keyOf(gatewayId, changed), String(this.#own.of(changed)), keptMs);
      }
      this.#changed.clear();
    }, publishMs).unref();
  }

  #keyOf(gatewayId: string, userId: string): string {
    return `count:${this.#options.name}:${gatewayId}:${userId}`;
  }
}

/** For a gateway that has no others beside it. */
export function createOwnUserCount(): UserCount {
  const own = new HolderCount<string>();
  return {
    of: (userId) => own.of(userId),
    enter: (userId) => own.enter(userId),
    lookUp: () => Promise.resolve(),
  };
}
