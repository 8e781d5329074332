import type { Logger } from 'pino';
import { ResourceStack } from '../../base/resource-stack.ts';
import type { Bus } from '../../bus/bus.ts';
import type { Lease } from '../../lease/lease.ts';
import type { Database } from '../../storage/database.ts';
import { waitingSessions } from '../../storage/statements/run-owners.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import type { LiveRuns } from './live-runs.ts';
import type { RunRecovery } from './run-recovery.ts';
import { startRunSweep } from './run-sweep.ts';
import { StopRequests } from './stop-requests.ts';

/** The topic that rings when a gateway leaves queued runs to others. */
const queueTopic = 'queued-runs';

export interface LeftRunsOptions {
  database: Database;
  statements: Statements;
  lease: Lease;
  live: LiveRuns;
  recovery: RunRecovery;
  /** Lets the runs begin that go on: the gateway serves requests. */
  begin(): void;
  /** Writes the first run event of a queued run, for its followers. */
  logQueued(runId: number): Promise<void>;
  /** A bus whose rings reach all gateways. */
  rings: Bus;
  /** Milliseconds between two looks what others have asked of the runs of this gateway, if no ring comes. */
  pollMs: number;
  log: Logger;
}

/** What other gateways, or the last start, have left to this one: runs that go on or end, and queued runs. */
export class LeftRuns {
  readonly #options: LeftRunsOptions;

  constructor(options: LeftRunsOptions) {
    this.#options = options;
  }

  /** Takes over or ends the runs that the last start has left, for a gateway that has its database alone. */
  async recover(): Promise<void> {
    const { database, lease, recovery, logQueued, log } = this.#options;
    if (lease.isShared) return;
    const { ended: orphans, resumed } = await recovery.recover();
    const waiting = await database.run.findMany({ where: { status: 'QUEUED' }, select: { id: true } });
    const counts = { orphans, resumed, waiting: waiting.length };
    if (Object.values(counts).some((count) => count > 0)) log.warn(counts, 'recovered runs');
    for (const { id } of waiting) await logQueued(id);
  }

  /** Lets the runs begin that go on, and starts the oldest queued run of every session in which no run is live. */
  async startWaiting(): Promise<void> {
    const { statements, live, begin } = this.#options;
    begin();
    const waiting = await statements.all(waitingSessions, []);
    for (const { sessionId } of waiting) await live.startNext(sessionId);
  }

  /**
   * Takes up what other gateways leave, until the result is disposed.
   *
   * @param everyMs Milliseconds between two looks for gateways that have died.
   */
  watchOthers(everyMs: number): AsyncDisposable {
    const { rings: bus, lease, live, log, pollMs } = this.#options;
    const resources = new ResourceStack();
    const topic = StopRequests.topicOf(lease.gatewayId);
    const obey = () => live.obey();
    resources.use(startRunSweep({ bus, topic, everyMs: pollMs, work: obey, log }));
    const look = async () => {
      if (lease.isSteady) await this.#takeOver();
    };
    resources.use(startRunSweep({ bus, topic: queueTopic, everyMs, work: look, log }));
    return resources;
  }

  /** Lets other gateways start the queued runs, because this one stops. */
  leaveQueued(): void {
    const { lease, rings } = this.#options;
    if (lease.isShared) rings.ring(queueTopic);
  }

  async #takeOver(): Promise<void> {
    const { ended, resumed } = await this.#options.recovery.recover();
    if (ended + resumed > 0)
      this.#options.log.warn({ ended, resumed }, 'took over the runs of gateways that have died');
    await this.startWaiting();
  }
}
