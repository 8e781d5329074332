import type { Quotas } from '../../limits/quotas.ts';
import { tooManyBytes, type WorkspaceLimits } from '../model/limits.ts';

/**
 * Counts what users have uploaded that belongs to no file yet. A file is counted when it is stored; without this, somebody
 * could fill the disk with contents of no file. Counted in memory: a restart forgets it, and the contents go a day later.
 */
export class PendingUploads {
  readonly #quotas: Pick<Quotas, 'reserve'>;
  readonly #limits: WorkspaceLimits;
  readonly #bytes = new Map<string, number>();

  constructor(quotas: Pick<Quotas, 'reserve'>, limits: WorkspaceLimits) {
    this.#quotas = quotas;
    this.#limits = limits;
  }

  /**
   * Checks whether a user may upload more.
   *
   * @throws GatewayError QUOTA_EXCEEDED.
   */
  async check(userId: string): Promise<void> {
    const bytes = this.#bytes.get(userId) ?? 0;
    if (bytes >= this.#limits.maxBytes) throw tooManyBytes(this.#limits);
    using _ = await this.#quotas.reserve(userId, { bytes: bytes + 1 });
  }

  /** Notes bytes that were uploaded; with a negative number, bytes that became files. */
  add(userId: string, bytes: number): void {
    const sum = (this.#bytes.get(userId) ?? 0) + bytes;
    if (sum > 0) this.#bytes.set(userId, sum);
    else this.#bytes.delete(userId);
  }

  /** Forgets everything, because what belonged to no file has been deleted. */
  clear(): void {
    this.#bytes.clear();
  }
}
