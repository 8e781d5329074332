import type { CancelCause } from '../../generated/prisma/enums.ts';
import { unfinishedRuns } from '../../storage/statements/run-states.ts';
import type { Reader } from '../../storage/statements/statement.ts';
import { Cancellation } from './cancellation.ts';
import type { LiveRun } from './launch-run.ts';
import type { StopRequests, UntilEnded } from './stop-requests.ts';

export interface CancelRunsOptions {
  statements: Reader;
  /** The runs that this gateway executes, by their ids. */
  live: ReadonlyMap<number, LiveRun>;
  stops: StopRequests;
  /** Cancels a run if it is still QUEUED. Resolves with whether it was. */
  cancelQueued(runId: number, cause: CancelCause): Promise<boolean>;
}

interface CancelledRuns {
  /** The ids of the runs that were live or queued, newest first. */
  ids: number[];
  /** Wait for the ends of the live ones. */
  ended: UntilEnded[];
  /** Those of them that wait for other gateways. */
  elsewhere: UntilEnded[];
}

/** Cancels runs, wherever they are: live ones of this gateway, queued ones, and those that other gateways execute. */
export class CancelRuns {
  readonly #options: CancelRunsOptions;

  constructor(options: CancelRunsOptions) {
    this.#options = options;
  }

  /**
   * Cancels the runs of a session whose ids are lower than `before`. Call it, and `stop`, while no other call starts runs of
   * the session.
   */
  async cancelBefore(sessionId: number, before: number, cause: CancelCause): Promise<CancelledRuns> {
    const ids = await this.#unfinishedBefore(sessionId, before);
    const here = this.abortBefore(sessionId, before, cause);
    const elsewhere: UntilEnded[] = [];
    for (const id of ids) {
      const ended = this.#options.live.has(id) ? undefined : await this.stop(id, cause);
      if (ended) elsewhere.push(ended);
    }
    return { ids, elsewhere, ended: [...here.map((live) => async () => live.ended), ...elsewhere] };
  }

  /** Stops a run: a live one, a queued one, or one that another gateway executes. */
  async stop(id: number, cause: CancelCause): Promise<UntilEnded | undefined> {
    const live = this.#options.live.get(id);
    if (live === undefined) {
      if (await this.#options.cancelQueued(id, cause)) return undefined;
      return this.#options.stops.request(id, cause);
    }
    live.controller.abort(new Cancellation(cause));
    return async () => {
      await live.ended;
      // Another gateway has taken it over in the meantime, and must be asked.
      if (live.hold.isLost) await (await this.#options.stops.request(id, cause))?.();
    };
  }

  /** Cancels the live runs of this gateway among those of a session whose ids are lower than `before`. */
  abortBefore(sessionId: number, before: number, cause: CancelCause): LiveRun[] {
    const runs = [...this.#options.live].filter(([id, live]) => live.sessionId === sessionId && id < before);
    for (const [, { controller }] of runs) controller.abort(new Cancellation(cause));
    return runs.map(([, live]) => live);
  }

  async #unfinishedBefore(sessionId: number, before: number): Promise<number[]> {
    const runs = await this.#options.statements.all(unfinishedRuns, [sessionId]);
    return runs
      .map(({ id }) => id)
      .filter((id) => id < before)
      .toReversed();
  }
}
