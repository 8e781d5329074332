import type { Bus } from '../../bus/bus.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import type { Run } from '../../generated/prisma/client.ts';
import type { Lease } from '../../lease/lease.ts';
import type { Database } from '../../storage/database.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { readRunEnd } from '../log/read-run-end.ts';
import { type RunLog, runKey } from '../log/run-writer.ts';
import { endOrphanedRuns } from './end-orphaned-runs.ts';
import { seqsBeyondCheckpoint } from './save-interrupted-runs.ts';
import { takeOver } from './take-over.ts';

export interface RunRecoveryOptions {
  database: Database;
  statements: Statements;
  changes: ChangeLog;
  lease: Lease;
  runLog: RunLog;
  bus: Bus;
  /** How long the log of an ended run stays readable, in milliseconds. */
  runLogTtlMs: number;
}

/** Takes over the runs of gateways that have died, and ends them. */
export class RunRecovery {
  readonly #options: RunRecoveryOptions;
  /** Runs that were taken over and could not be ended yet. */
  #left: Run[] = [];

  constructor(options: RunRecoveryOptions) {
    this.#options = options;
  }

  /**
   * Takes over and ends all that is left.
   *
   * @returns The sessions of the runs that were ended.
   */
  async recover(): Promise<number[]> {
    const { statements, lease } = this.#options;
    const sessionIds: number[] = [];
    for (;;) {
      this.#left.push(...(await takeOver(statements, lease)));
      const runs = this.#left;
      if (runs.length === 0) return sessionIds;
      await endOrphanedRuns(runs, this.#options);
      this.#left = [];
      // A gateway that starts alone has no followers yet.
      if (lease.isShared) for (const run of runs) await this.#tell(run);
      sessionIds.push(...runs.map(({ sessionId }) => sessionId));
    }
  }

  /** Writes the terminal run event, for followers on all gateways. */
  async #tell({ id, fence, lastSeq }: Run): Promise<void> {
    const { statements, runLog, bus, runLogTtlMs } = this.#options;
    const end = lastSeq + seqsBeyondCheckpoint;
    const [event] = (await readRunEnd(statements, id, end - 1)) ?? [];
    if (event?.seq !== end) return;
    const key = runKey(id);
    runLog.open(key, { fence, lastSeq: end - 1 });
    const { seq: _seq, at: _at, ...body } = event;
    await runLog.append(key, body);
    await runLog.expire(key, runLogTtlMs);
    bus.ring(key);
  }
}
