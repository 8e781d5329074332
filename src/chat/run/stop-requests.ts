import { hangBell } from '../../bus/bell.ts';
import type { Bus } from '../../bus/bus.ts';
import type { CancelCause } from '../../generated/prisma/enums.ts';
import type { Lease } from '../../lease/lease.ts';
import { askedOfRuns, requestStop } from '../../storage/statements/run-owners.ts';
import { runById } from '../../storage/statements/run-states.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { runKey } from '../log/run-writer.ts';

/** Waits until a run has ended that another gateway executes. */
export type UntilEnded = () => Promise<void>;

export interface StopRequestsOptions {
  statements: Statements;
  lease: Lease;
  /** Its rings reach all gateways. */
  bus: Bus;
}

/** Milliseconds after which the database is asked again whether a run has ended. */
const pollMs = 500;
/** How long a run of another gateway is waited for, in milliseconds. The request stays stored. */
const patienceMs = 60_000;

/** Asks other gateways to stop runs, or to let prompts join them. The requests are stored, so that a gateway that takes over a run finds them, too. */
export class StopRequests {
  readonly #options: StopRequestsOptions;

  constructor(options: StopRequestsOptions) {
    this.#options = options;
  }

  /** The topic that rings when a gateway is asked something of its runs. */
  static topicOf(gatewayId: string): string {
    return `stop:${gatewayId}`;
  }

  /** Asks for the stop of a RUNNING run. Undefined if it is not RUNNING any more. */
  async request(runId: number, cause: CancelCause): Promise<UntilEnded | undefined> {
    const { statements, bus, lease } = this.#options;
    if (!lease.isShared) return undefined;
    const asked = await statements.transaction((tx) => tx.get(requestStop, [cause, runId]));
    if (asked === undefined) return undefined;
    if (asked.gatewayId !== null) bus.ring(StopRequests.topicOf(asked.gatewayId));
    return () => this.#untilEnded(runId);
  }

  /** Tells the gateway that executes a run that a prompt waits to join its answer. The prompt is stored, so a lost ring costs time. */
  async ringForPrompt(runId: number): Promise<void> {
    const { statements, bus, lease } = this.#options;
    if (!lease.isShared) return;
    const run = await statements.get(runById, [runId]);
    if (run?.status === 'RUNNING' && run.gatewayId !== null) bus.ring(StopRequests.topicOf(run.gatewayId));
  }

  /** What others have asked of the runs of this gateway: to stop for a cause, or to let a prompt join (null). */
  async own(): Promise<{ id: number; stopCause: CancelCause | null }[]> {
    const { statements, lease } = this.#options;
    return statements.all(askedOfRuns, [lease.gatewayId, lease.gatewayId]);
  }

  async #untilEnded(runId: number): Promise<void> {
    const { statements, bus } = this.#options;
    const signal = AbortSignal.timeout(patienceMs);
    using bell = hangBell({ bus, topic: runKey(runId), signal, longestWaitMs: pollMs });
    while (!signal.aborted) {
      const run = await statements.get(runById, [runId]);
      if (run === undefined || run.finishedAt !== null) return;
      await bell.wait();
    }
  }
}
