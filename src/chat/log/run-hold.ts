import type { Run } from '../../generated/prisma/client.ts';
import type { Lease } from '../../lease/lease.ts';

/** Another gateway executes the run now: this one must neither write nor tell anything of it any more. */
export class RunLostError extends Error {
  override readonly name = 'RunLostError';

  constructor(runId: number) {
    super(`Another gateway has taken over the run ${runId}.`);
  }
}

export interface RunHoldOptions {
  run: Pick<Run, 'id' | 'fence'>;
  lease: Pick<Lease, 'isHeld' | 'held' | 'isShared'>;
  /** Aborts when the gateway closes. A run that cannot be written then is left to other gateways. */
  closing: AbortSignal;
  /** Called once when the run is lost. */
  onLost: () => void;
}

/** The right of this gateway to write a run. */
export class RunHold {
  /** A write changes something only while the run still has this number. */
  readonly fence: number;
  readonly #options: RunHoldOptions;
  readonly #lost = new AbortController();
  #isLost = false;

  constructor(options: RunHoldOptions) {
    this.#options = options;
    this.fence = options.run.fence;
  }

  /** Whether another gateway may take over the run. */
  get isShared(): boolean {
    return this.#options.lease.isShared;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** Whether run events may be written now: one comparison, because it is asked for every delta. */
  get isHeld(): boolean {
    return this.#options.lease.isHeld && !this.#isLost;
  }

  /**
   * Waits until run events may be written.
   *
   * @throws RunLostError.
   */
  async held(): Promise<void> {
    const { lease, closing } = this.#options;
    await lease.held(AbortSignal.any([this.#lost.signal, closing])).catch(() => this.lose());
    if (this.isLost) throw this.lose();
  }

  /**
   * Checks that a write has changed a row.
   *
   * @throws RunLostError.
   */
  check(changedRows: number): void {
    if (changedRows === 0) throw this.lose();
  }

  /** Gives the run up. Returns the error for those who work on it. */
  lose(): RunLostError {
    const error = new RunLostError(this.#options.run.id);
    if (this.#isLost) return error;
    this.#isLost = true;
    this.#lost.abort(error);
    this.#options.onLost();
    return error;
  }
}

/** For the last run event of a run that no gateway executes. */
export function holdUnowned(run: Pick<Run, 'id' | 'fence'>): RunHold {
  const lease = { isHeld: true, isShared: false, held: () => Promise.resolve() };
  return new RunHold({ run, lease, closing: new AbortController().signal, onLost: () => undefined });
}
