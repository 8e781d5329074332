import type { Logger } from 'pino';
import type { Bus } from '../bus/bus.ts';
import { type ChangedOwner, type ChangePosition, changedBehind } from '../storage/statements/changes.ts';
import type { Reader } from '../storage/statements/statement.ts';
import { type ChangeScope, topicsOf } from './change-scope.ts';
import { ChangeTail } from './change-tail.ts';
import { newestPosition } from './newest-position.ts';
import { readHorizon } from './open-transactions.ts';

export interface ChangeTailsOptions {
  reader: Reader;
  bus: Bus;
  /** How often new changes are looked for without a ring, in milliseconds. */
  pollMs: number;
  log: Logger;
}

interface OpenTail {
  tail: ChangeTail;
  listening: Disposable;
  followers: number;
}

/** Owners that are read at once by a poll. */
const pageSize = 1_000;

/** The tails of the scopes that have followers. One poll for all of them finds the changes whose rings were lost. */
export class ChangeTails implements AsyncDisposable {
  readonly #options: ChangeTailsOptions;
  readonly #tails = new Map<string, OpenTail>();
  #timer: NodeJS.Timeout | undefined;
  #polling: Promise<void> | undefined;
  /** Up to here the polls have looked. Undefined before the first one. */
  #seen: ChangePosition | undefined;
  /** Whether the last poll found a change that waits for an older transaction. */
  #isHeld = false;

  constructor(options: ChangeTailsOptions) {
    this.#options = options;
  }

  /** The tail of a scope, for one follower. `leave` must be called when it has gone. */
  enter(scope: ChangeScope): { tail: ChangeTail; leave(): void } {
    const { topic } = scope;
    const open = this.#tails.get(topic) ?? this.#open(scope);
    open.followers += 1;
    return {
      tail: open.tail,
      leave: () => {
        open.followers -= 1;
        if (open.followers > 0) return;
        open.listening[Symbol.dispose]();
        open.tail[Symbol.dispose]();
        this.#tails.delete(topic);
        if (this.#tails.size === 0) this.#stop();
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    await this.#polling;
  }

  #open(scope: ChangeScope): OpenTail {
    const { reader, bus, pollMs, log } = this.#options;
    const tail = new ChangeTail(reader, scope);
    const open = { tail, listening: bus.listen(scope.topic, () => tail.wake()), followers: 0 };
    this.#tails.set(scope.topic, open);
    this.#timer ??= setInterval(() => {
      this.#polling ??= this.#poll()
        .catch((err: unknown) => log.warn({ err }, 'new changes could not be looked for'))
        .finally(() => {
          this.#polling = undefined;
        });
    }, pollMs).unref();
    return open;
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#seen = undefined;
  }

  async #poll(): Promise<void> {
    const { reader } = this.#options;
    let seen = this.#seen;
    if (seen === undefined) {
      this.#seen = await newestPosition(reader);
      for (const { tail } of this.#tails.values()) tail.wake();
      return;
    }
    const horizon = this.#isHeld ? await readHorizon(reader) : 0;
    for (let isLast = false; !isLast; ) {
      const rows: ChangedOwner[] = await reader.all(changedBehind, [seen.transactionId, seen.id, pageSize]);
      for (const topic of new Set(rows.flatMap(topicsOf))) this.#tails.get(topic)?.tail.wake();
      seen = rows.findLast(({ isSettled, transactionId }) => isSettled || transactionId < horizon) ?? seen;
      this.#isHeld = rows.at(-1)?.isSettled === false;
      isLast = rows.length < pageSize || seen.id !== rows.at(-1)?.id;
    }
    // Without followers, the next one begins anew.
    if (this.#timer) this.#seen = seen;
  }
}
