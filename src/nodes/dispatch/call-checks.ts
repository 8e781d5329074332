import type { ToolErrorCode, ToolOutcome } from '../../tools/tool-runner.ts';
import { failure, notBackInTime } from './dispatch-outcome.ts';
import type { InboxEntry } from './inbox.ts';

/** A tool call that a node is asked about before a person is. */
export interface CheckRequest {
  /** Names the check. It may be the id of the dispatch that follows. */
  dispatchId: string;
  /** As in `DispatchRequest`. */
  workspaceId: string | null;
  tool: string;
  args: object;
}

/** Why an agent would refuse a call. */
export interface CallRefusal {
  errorCode: ToolErrorCode;
  /** The text for the model. */
  result: string;
}

interface CallChecksOptions {
  nodeId: string;
  /** Milliseconds in which an agent must answer, and in which a disconnected node must come back. */
  ackMs: number;
  /** Puts a command into the node's inbox. */
  send(entry: InboxEntry): void;
}

interface OpenCheck {
  request: CheckRequest;
  /** Only the first call has an effect. */
  settle(refusal?: ToolOutcome): void;
}

/**
 * Asks the agent of one node whether it would refuse a call, so that nobody has to approve such a call. Nothing runs.
 * The agent decides again when the call is dispatched, because files and policies change.
 */
export class CallChecks {
  readonly #options: CallChecksOptions;
  readonly #open = new Map<string, OpenCheck>();
  #isConnected = false;
  /** Whether the connected agent answers checks. */
  #isAble = false;

  constructor(options: CallChecksOptions) {
    this.#options = options;
  }

  /**
   * Resolves with the failure of a call that the node would refuse, or that it cannot get because it is offline.
   * Resolves with undefined for any other call: also if the agent does not answer in time or knows no checks, and if
   * the signal aborts.
   */
  check(request: CheckRequest, signal: AbortSignal): Promise<ToolOutcome | undefined> {
    if (signal.aborted || (this.#isConnected && !this.#isAble)) return Promise.resolve(undefined);
    const { dispatchId } = request;
    return new Promise((resolve) => {
      const settle = (refusal?: ToolOutcome) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', cancel);
        this.#open.delete(dispatchId);
        resolve(refusal);
      };
      const cancel = () => settle();
      const timer = setTimeout(
        () => settle(this.#isConnected ? undefined : this.#offline()),
        this.#options.ackMs,
      );
      signal.addEventListener('abort', cancel);
      this.#open.set(dispatchId, { request, settle });
      if (this.#isConnected) this.#send(dispatchId);
    });
  }

  find(dispatchId: string): CheckRequest | undefined {
    return this.#open.get(dispatchId)?.request;
  }

  /** Takes the answer of an agent. Returns whether anybody waited for it. */
  report(dispatchId: string, refusal: CallRefusal | null): boolean {
    const check = this.#open.get(dispatchId);
    check?.settle(refusal === null ? undefined : failure(refusal.errorCode, refusal.result));
    return check !== undefined;
  }

  /** Called when an agent has connected. It may be another process than the one that was asked. */
  connect(isAble: boolean): void {
    this.#isConnected = true;
    this.#isAble = isAble;
    for (const [dispatchId, { settle }] of [...this.#open]) {
      if (isAble) this.#send(dispatchId);
      else settle();
    }
  }

  disconnect(): void {
    this.#isConnected = false;
  }

  /** Called when the agent will not come back. */
  loseAll(): void {
    for (const { settle } of [...this.#open.values()]) settle(this.#offline());
  }

  #send(dispatchId: string): void {
    this.#options.send({ type: 'CheckDispatch', dispatchId });
  }

  #offline(): ToolOutcome {
    const why = notBackInTime(this.#options.nodeId);
    return failure('NODE_OFFLINE', `${why} Nothing was started.`);
  }
}
