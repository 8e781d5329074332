import type { ToolApproval } from '../../generated/prisma/enums.ts';
import type { ToolOutcome } from '../../tools/tool-runner.ts';
import { DispatchOutput } from './dispatch-output.ts';

/** A tool call that is to run on a node. */
export interface DispatchRequest {
  /** A random UUID. */
  dispatchId: string;
  sessionId: number;
  /** The session's setting when the call was planned: whether a person is asked before tools change something. */
  toolApproval: ToolApproval;
  tool: string;
  args: object;
  /** Milliseconds that the tool may run, counted from the acknowledgement. */
  timeoutMs: number;
  /** Takes output as it is produced; resolves when more may come. */
  onOutput(text: string): Promise<void>;
}

/**
 * QUEUED: it waits for a free slot on the node. SENT: it is in the node's inbox and may be sent again.
 * ACKNOWLEDGED: an agent has said that it starts the tool; it is never sent again. CANCELLING: that agent was told
 * to stop the tool. SETTLED: it has its outcome.
 */
type DispatchState = 'QUEUED' | 'SENT' | 'ACKNOWLEDGED' | 'CANCELLING' | 'SETTLED';

/** One dispatch, from its request to its single outcome. */
export class Dispatch {
  readonly request: DispatchRequest;
  readonly output: DispatchOutput;
  /** Never rejects. */
  readonly outcome: Promise<ToolOutcome>;
  state: DispatchState = 'QUEUED';
  /** The agent process that acknowledged it. */
  instanceId: string | undefined;
  #resolve: (outcome: ToolOutcome) => void = () => {};
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param maxOutputBytes How many bytes of UTF-8 are passed on to `onOutput`.
   * @param onError Called when `onOutput` has failed.
   */
  constructor(request: DispatchRequest, maxOutputBytes: number, onError: (error: unknown) => void) {
    this.request = request;
    this.output = new DispatchOutput(maxOutputBytes, request.onOutput, onError);
    this.outcome = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Whether it takes one of the node's slots. */
  get isWithNode(): boolean {
    return this.state !== 'QUEUED' && this.state !== 'SETTLED';
  }

  /** Calls `onLate` if the next step does not come within so many milliseconds. Replaces the previous deadline. */
  setDeadline(withinMs: number, onLate: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(onLate, withinMs);
  }

  /** Drops the deadline for the next step. */
  clearDeadline(): void {
    clearTimeout(this.#timer);
  }

  settle(outcome: ToolOutcome): void {
    clearTimeout(this.#timer);
    this.state = 'SETTLED';
    this.#resolve(outcome);
  }
}
