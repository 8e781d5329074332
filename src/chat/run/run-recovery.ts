import type { Bus } from '../../bus/bus.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import type { Run } from '../../generated/prisma/client.ts';
import type { Lease } from '../../lease/lease.ts';
import type { Database } from '../../storage/database.ts';
import { idList } from '../../storage/statements/dialect.ts';
import { runsWithCalls } from '../../storage/statements/run-owners.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { readRunEnd } from '../log/read-run-end.ts';
import { type RunLog, runKey } from '../log/run-writer.ts';
import { endOrphanedRuns } from './end-orphaned-runs.ts';
import { type ResumePoint, type ResumeRuns, readResumePoint } from './resume-point.ts';
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
  resumeRuns: ResumeRuns;
  /** Goes on with a run. */
  resume: (point: ResumePoint) => Promise<void>;
}

/** Takes over the runs of gateways that have died. Those that can go on do, and the others end. */
export class RunRecovery {
  readonly #options: RunRecoveryOptions;
  /** Runs that were taken over and could not be ended yet. */
  #left: Run[] = [];

  constructor(options: RunRecoveryOptions) {
    this.#options = options;
  }

  /**
   * Takes over all that is left.
   *
   * @returns How many runs were ended, and how many go on.
   */
  async recover(): Promise<{ ended: number; resumed: number }> {
    const { statements, lease } = this.#options;
    const counts = { ended: 0, resumed: 0 };
    for (;;) {
      this.#left.push(...(await takeOver(statements, lease)));
      if (this.#left.length === 0) return counts;
      counts.resumed += await this.#resumeLeft();
      const runs = this.#left;
      await endOrphanedRuns(runs, this.#options);
      this.#left = [];
      // A gateway that starts alone has no followers yet.
      if (lease.isShared) for (const run of runs) await this.#tell(run);
      counts.ended += runs.length;
    }
  }

  /** Goes on with those that can. Returns their number. */
  async #resumeLeft(): Promise<number> {
    const { statements, resumeRuns, resume } = this.#options;
    const runs = this.#left;
    const called = await statements.all(runsWithCalls, [idList(runs.map(({ id }) => id))]);
    const hasCalls = new Set(called.map(({ id }) => id));
    const mayGoOn = ({ id, pausedUntil }: Run) =>
      resumeRuns === 'all' || pausedUntil !== null || hasCalls.has(id);
    for (const run of runs.filter(mayGoOn)) {
      const point = await readResumePoint(statements, run, resumeRuns);
      if (point === undefined) continue;
      await resume(point);
      this.#left = this.#left.filter((each) => each !== run);
    }
    return runs.length - this.#left.length;
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
