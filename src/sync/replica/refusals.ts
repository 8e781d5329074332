import { isSameStamp, type Stamp } from './disk/stamp.ts';

interface Refusal {
  reason: string;
  /** How the file looked. Undefined: it counts until the next complete scan. */
  stamp: Stamp | undefined;
  until: number;
  isFull: boolean;
}

/** How long what was refused for lack of room, and what was refused for another reason, is not sent again. */
const fullMs = 30_000;
const otherMs = 600_000;

/** Paths that the workspace does not take, or that cannot be read. They are tried again later, or when they change. */
export class Refusals {
  readonly #paths = new Map<string, Refusal>();

  add(path: string, stamp: Stamp | undefined, reason: string, isFull = false): void {
    this.#paths.set(path, { reason, stamp, isFull, until: Date.now() + (isFull ? fullMs : otherMs) });
  }

  has(path: string, stamp: Stamp): boolean {
    const refusal = this.#paths.get(path);
    if (refusal === undefined) return false;
    const isSame = refusal.stamp !== undefined && isSameStamp(refusal.stamp, stamp);
    if (isSame && Date.now() < refusal.until) return true;
    this.#paths.delete(path);
    return false;
  }

  delete(path: string): void {
    this.#paths.delete(path);
  }

  /** Why the workspace is full, as a sentence; null if it is not. */
  get fault(): string | null {
    for (const { reason, isFull } of this.#paths.values()) if (isFull) return reason;
    return null;
  }

  get isEmpty(): boolean {
    return this.#paths.size === 0;
  }

  *[Symbol.iterator](): Generator<{ path: string; reason: string }> {
    for (const [path, { reason }] of this.#paths) yield { path, reason };
  }
}
