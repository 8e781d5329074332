import { DispatchOutput } from './dispatch-output.ts';

/** A tool call on its way to a node. */
export interface DispatchRequest {
  /** A random UUID. */
  dispatchId: string;
  sessionId: number;
  tool: string;
  args: object;
  /** How long it may run, from its acknowledgement on. */
  timeoutMs: number;
  /** Takes output as it is produced; resolves when more may come. */
  onOutput(text: string): Promise<void>;
}

/** How a dispatch ended; what a `ToolRunner` of `chat` answers. */
export interface DispatchOutcome {
  status: 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  /** What the model is told. */
  result: string;
  errorCode?: DispatchErrorCode;
  exitCode?: number;
  /** Of a cancelled one: whether nothing of it runs any more, for certain. */
  stopped?: boolean;
}

/** Those of GraphQL's `ToolErrorCode` that a dispatch can fail with. */
export type DispatchErrorCode =
  | 'BAD_ARGUMENTS'
  | 'NODE_OFFLINE'
  | 'NODE_BUSY'
  | 'NODE_UNRESPONSIVE'
  | 'TIMEOUT'
  | 'POLICY'
  | 'FAILED';

/**
 * QUEUED: the node has enough to do. SENT: in the node's inbox; it may be told again. ACKNOWLEDGED: an agent
 * has said that it starts it; it is never sent again. CANCELLING: that agent was told to stop it.
 */
export type DispatchState = 'QUEUED' | 'SENT' | 'ACKNOWLEDGED' | 'CANCELLING' | 'SETTLED';

/** One dispatch from its request to its one outcome. */
export class Dispatch {
  readonly request: DispatchRequest;
  readonly output: DispatchOutput;
  /** Never rejects. */
  readonly outcome: Promise<DispatchOutcome>;
  state: DispatchState = 'QUEUED';
  /** The agent process that acknowledged it. */
  instanceId: string | undefined;
  #resolve: (outcome: DispatchOutcome) => void = () => {};
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param maxOutputBytes Of UTF-8, that are passed on to `onOutput`.
   * @param onError Called when `onOutput` has failed.
   */
  constructor(request: DispatchRequest, maxOutputBytes: number, onError: (error: unknown) => void) {
    this.request = request;
    this.output = new DispatchOutput(maxOutputBytes, request.onOutput, onError);
    this.outcome = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Whether it takes one of the places that a node has. */
  get isWithNode(): boolean {
    return this.state !== 'QUEUED' && this.state !== 'SETTLED';
  }

  /** Waits for the next step at most so long. There is one such wait at a time. */
  expect(withinMs: number, onLate: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(onLate, withinMs);
  }

  /** Waits for the next step as long as it takes. */
  expectNothing(): void {
    clearTimeout(this.#timer);
  }

  settle(outcome: DispatchOutcome): void {
    clearTimeout(this.#timer);
    this.state = 'SETTLED';
    this.#resolve(outcome);
  }
}
