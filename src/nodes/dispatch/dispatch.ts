import type { ToolApproval } from '../../generated/prisma/enums.ts';
import type { ToolOutcome } from '../../tools/tool-runner.ts';
import type { TraceContext } from '../../traces/traces.ts';
import { DispatchOutput, type OutputPosition } from './dispatch-output.ts';

/** What is known of a dispatch that was begun through another gateway, or before the gateway was started anew. */
export interface ResumedDispatch {
  /** The process of the agent that may have started the tool; undefined if it is certain that none has. */
  instanceId: string | undefined;
  /** Whether it is certain that this process has acknowledged the dispatch. Nobody may start it then. */
  isAcknowledged: boolean;
  /** Where its output goes on. Undefined: with the next piece that the agent sends. */
  output?: OutputPosition | undefined;
}

/** A tool call that is to run on a node. */
export interface DispatchRequest extends Partial<TraceContext> {
  /** A random UUID. */
  dispatchId: string;
  sessionId: number;
  /** The session's setting when the call was planned: whether a person is asked before tools change something. */
  toolApproval: ToolApproval;
  /** The shared workspace of the session, in whose folder the tool runs; null for a session without one. */
  workspaceId: string | null;
  tool: string;
  args: object;
  /** Milliseconds that the tool may run, counted from the acknowledgement. */
  timeoutMs: number;
  /**
   * Takes output as it is produced; resolves when more may come.
   *
   * @param position Where the output goes on after this piece.
   */
  onOutput(text: string, position: OutputPosition): Promise<void>;
  /** Undefined for a dispatch that begins. */
  resumed?: ResumedDispatch | undefined;
  /**
   * Called when a process of the agent has acknowledged the dispatch, before the agent is allowed to start the tool:
   * not until this resolves. If it rejects, the agent gets the error and asks again.
   */
  onAcknowledged?(instanceId: string): Promise<void>;
  /**
   * Called when the agent has reported the result. Resolves when it is stored: until then the agent keeps it. Undefined if
   * nobody stores it.
   */
  onReported?(): Promise<void>;
}

/**
 * RESUMED: it was begun elsewhere, and waits for the agent to connect and say what became of it. QUEUED: it waits for a
 * free slot on the node. SENT: it is in the node's inbox and may be sent again.
 * ACKNOWLEDGED: an agent has said that it starts the tool; it is never sent again. CANCELLING: that agent was told
 * to stop the tool. SETTLED: it has its outcome.
 */
type DispatchState = 'RESUMED' | 'QUEUED' | 'SENT' | 'ACKNOWLEDGED' | 'CANCELLING' | 'SETTLED';

/** One dispatch, from its request to its single outcome. */
export class Dispatch {
  readonly request: DispatchRequest;
  readonly output: DispatchOutput;
  /** Never rejects. */
  readonly outcome: Promise<ToolOutcome>;
  state: DispatchState;
  /** The agent process that acknowledged it to this gateway. */
  instanceId: string | undefined;
  #resolve: (outcome: ToolOutcome) => void = () => {};
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param maxOutputBytes How many bytes of UTF-8 are passed on to `onOutput`.
   * @param onError Called when `onOutput` has failed.
   */
  constructor(request: DispatchRequest, maxOutputBytes: number, onError: (error: unknown) => void) {
    this.request = request;
    this.state = request.resumed ? 'RESUMED' : 'QUEUED';
    const start = request.resumed
      ? request.resumed.output
      : { nextOffset: 0, remainingBytes: maxOutputBytes };
    this.output = new DispatchOutput({ maxBytes: maxOutputBytes, start, pass: request.onOutput, onError });
    this.outcome = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Whether it takes one of the node's slots. */
  get isWithNode(): boolean {
    return this.state !== 'RESUMED' && this.state !== 'QUEUED' && this.state !== 'SETTLED';
  }

  /** The process of the agent that may have started the tool; undefined if it is certain that none has. */
  get startedBy(): string | undefined {
    return this.instanceId ?? this.request.resumed?.instanceId;
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
