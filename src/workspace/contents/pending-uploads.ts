import type { Quotas } from '../../limits/quotas.ts';
import { tooManyBytes, type WorkspaceLimits } from '../model/limits.ts';

/**
 * Counts what users have uploaded that belongs to no file yet. A file is counted when it is stored; without this, somebody
 * could fill the disk with contents of no file. Counted in memory: a restart forgets it, and the contents go a day later.
 */
export class PendingUploads {
  readonly #quotas: Pick<Quotas, 'reserve'>;
  readonly #limits: WorkspaceLimits;
  readonly #ofUsers = new Map<string, number>();
  readonly #ofSessions = new Map<number, number>();

  constructor(quotas: Pick<Quotas, 'reserve'>, limits: WorkspaceLimits) {
    this.#quotas = quotas;
    this.#limits = limits;
  }

  /**
   * Checks whether a user may upload more for a session.
   *
   * @throws GatewayError QUOTA_EXCEEDED.
   */
  async check(userId: string, sessionId: number): Promise<void> {
    const ofSession = this.#ofSessions.get(sessionId) ?? 0;
    if (ofSession >= this.#limits.maxBytes) throw tooManyBytes(this.#limits);
    using _ = await this.#quotas.reserve(userId, { bytes: (this.#ofUsers.get(userId) ?? 0) + 1 });
  }

  /** Notes bytes that were uploaded; with a negative number, bytes that became files. */
  add(userId: string, sessionId: number, bytes: number): void {
    addTo(this.#ofUsers, userId, bytes);
    addTo(this.#ofSessions, sessionId, bytes);
  }

  /** Forgets everything, because what belonged to no file has been deleted. */
  clear(): void {
    this.#ofUsers.clear();
    this.#ofSessions.clear();
  }
}

function addTo<Key>(sums: Map<Key, number>, key: Key, bytes: number): void {
  const sum = (sums.get(key) ?? 0) + bytes;
  if (sum > 0) sums.set(key, sum);
  else sums.delete(key);
}
