/** How much may be in work at once, and how long somebody waits for it. */
export interface RoomLimits {
  /** In bytes. A single work that is larger is done alone. */
  maxBytes: number;
  /** Milliseconds. */
  waitMs: number;
}

/** The wait for room has taken too long. */
export class NoRoomError extends Error {
  override readonly name = 'NoRoomError';
}

interface Waiter {
  userId: string;
  bytes: number;
  admit(): void;
}

/**
 * Limits the bytes that are in work at once. Work that does not fit waits. Then it is the turn of the user whose work has
 * the fewest bytes at that moment, so that nobody waits for all that another user has begun. Nothing overtakes the work
 * whose turn it is, so that large work gets its turn too.
 */
export class SharedRoom {
  readonly #limits: RoomLimits;
  readonly #bytesOf = new Map<string, number>();
  #waiting: Waiter[] = [];
  #bytes = 0;

  constructor(limits: RoomLimits) {
    this.#limits = limits;
  }

  /** The bytes that are in work. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Waits for room, and takes it until the result is disposed.
   *
   * @throws NoRoomError after `waitMs`; the signal's reason as soon as it aborts.
   */
  async enter(userId: string, bytes: number, signal: AbortSignal): Promise<Disposable> {
    signal.throwIfAborted();
    if (this.#waiting.length > 0 || !this.#fits(bytes)) await this.#wait(userId, bytes, signal);
    else this.#add(userId, bytes);
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#add(userId, -bytes);
        this.#admit();
      },
    };
  }

  /** Resolves when the room is taken. */
  #wait(userId: string, bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      };
      const admit = () => {
        stop();
        resolve();
      };
      const waiter = { userId, bytes, admit };
      const leave = (error: unknown) => {
        stop();
        this.#waiting = this.#waiting.filter((each) => each !== waiter);
        reject(error);
        this.#admit();
      };
      const onAbort = () => leave(signal.reason);
      const timer = setTimeout(
        () => leave(new NoRoomError('No room was free in time.')),
        this.#limits.waitMs,
      );
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(waiter);
    });
  }

  /** Admits those whose turn it is, as long as they fit. */
  #admit(): void {
    for (;;) {
      const next = this.#next();
      if (!next || !this.#fits(next.bytes)) return;
      this.#waiting = this.#waiting.filter((each) => each !== next);
      this.#add(next.userId, next.bytes);
      next.admit();
    }
  }

  /** The first of the user who has the least. */
  #next(): Waiter | undefined {
    const [first, ...others] = this.#waiting;
    if (!first) return undefined;
    const held = (waiter: Waiter) => this.#bytesOf.get(waiter.userId) ?? 0;
    return others.reduce((least, each) => (held(each) < held(least) ? each : least), first);
  }

  #fits(bytes: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= this.#limits.maxBytes;
  }

  #add(userId: string, bytes: number): void {
    this.#bytes += bytes;
    const left = (this.#bytesOf.get(userId) ?? 0) + bytes;
    if (left > 0) this.#bytesOf.set(userId, left);
    else this.#bytesOf.delete(userId);
  }
}
