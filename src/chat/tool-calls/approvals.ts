import type { Decision } from '../log/run-event.ts';

export interface Verdict {
  decision: Decision;
  /** The reason that the client gave; may be empty. */
  reason: string;
}

/** A tool call that waits for a client's decision. */
export interface PendingApproval {
  /** Milliseconds since the epoch. */
  expiresAt: number;
  /** Resolves with undefined when the run was cancelled or ended first, or the question was withdrawn. Never rejects. */
  verdict: Promise<Verdict | undefined>;
  /** Closes the question without a verdict, unless there is one. */
  withdraw(): void;
  /** To be called when the decision is stored: resolves the promise of `decide`. */
  settle(): void;
}

export interface AskOptions {
  /** Milliseconds until the verdict is `EXPIRED`. */
  timeoutMs: number;
  /** Aborts when the run is cancelled. */
  signal: AbortSignal;
}

interface OpenApproval extends PendingApproval {
  /** Sets the verdict. Only the first call has an effect. */
  decide(verdict: Verdict | undefined): void;
  settled: Promise<void>;
}

/** The tool calls of live runs that wait, or have waited, for a client's decision. */
export class Approvals {
  readonly #runs = new Map<number, Map<string, OpenApproval>>();

  /** Opens a tool call for a decision. */
  ask(runId: number, callId: string, options: AskOptions): PendingApproval {
    const approval = openApproval(options);
    const calls = this.#runs.get(runId) ?? new Map<string, OpenApproval>();
    this.#runs.set(runId, calls.set(callId, approval));
    return approval;
  }

  /**
   * Decides about a tool call, unless there is an earlier verdict. Resolves when the decision is stored.
   *
   * @returns The first verdict. Undefined when the call needs no approval, or when its run was cancelled or has ended.
   */
  async decide(runId: number, callId: string, verdict: Verdict): Promise<Verdict | undefined> {
    const approval = this.#runs.get(runId)?.get(callId);
    approval?.decide(verdict);
    await approval?.settled;
    return approval?.verdict;
  }

  /** To be called when a run has ended: closes its open tool calls without a verdict. */
  forget(runId: number): void {
    for (const approval of this.#runs.get(runId)?.values() ?? []) {
      approval.decide(undefined);
      approval.settle();
    }
    this.#runs.delete(runId);
  }
}

function openApproval({ timeoutMs, signal }: AskOptions): OpenApproval {
  const first = createDeferred<Verdict | undefined>();
  const { promise: settled, resolve: settle } = createDeferred<void>();
  const close = (verdict: Verdict | undefined) => {
    clearTimeout(timer);
    signal.removeEventListener('abort', withdraw);
    first.resolve(verdict);
  };
  const withdraw = () => close(undefined);
  const timer = setTimeout(() => close({ decision: 'EXPIRED', reason: '' }), timeoutMs);
  signal.addEventListener('abort', withdraw);
  if (signal.aborted) withdraw();
  const expiresAt = Date.now() + timeoutMs;
  return { expiresAt, verdict: first.promise, withdraw, decide: close, settled, settle };
}

/** Only the first call of `resolve` has an effect. */
function createDeferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolvePromise) => {
    resolve = resolvePromise;
  });
  return { promise, resolve };
}
