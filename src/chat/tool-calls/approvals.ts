import type { Decision } from '../log/run-event.ts';

export interface Verdict {
  decision: Decision;
  /** In the words of whoever decided; may be empty. */
  reason: string;
}

/** A call that waits for somebody to decide about it. */
export interface PendingApproval {
  /** Milliseconds since the epoch. */
  expiresAt: number;
  /** Undefined when the run was cancelled or ended first. Never rejects. */
  verdict: Promise<Verdict | undefined>;
  /** Lets those who decided know that it is stored. */
  settle(): void;
}

export interface AskOptions {
  /** From now on; then the verdict is `EXPIRED`. */
  timeoutMs: number;
  /** Aborts when the run is cancelled. */
  signal: AbortSignal;
}

interface Question extends PendingApproval {
  /** What comes after the first verdict does nothing. */
  answer(verdict: Verdict | undefined): void;
  settled: Promise<void>;
}

/** The tool calls of live runs that somebody was asked about. */
export class Approvals {
  readonly #runs = new Map<number, Map<string, Question>>();

  /** Begins to wait for a decision about a call. */
  ask(runId: number, callId: string, options: AskOptions): PendingApproval {
    const question = createQuestion(options);
    const calls = this.#runs.get(runId) ?? new Map<string, Question>();
    this.#runs.set(runId, calls.set(callId, question));
    return question;
  }

  /**
   * Decides about a call, unless that was done before. Resolves when the decision is stored.
   *
   * @returns The verdict that counts, be it this one or an earlier one. Undefined where there is none to be
   *   given: nobody was asked about the call, or its run was cancelled or is over.
   */
  async decide(runId: number, callId: string, verdict: Verdict): Promise<Verdict | undefined> {
    const question = this.#runs.get(runId)?.get(callId);
    question?.answer(verdict);
    await question?.settled;
    return question?.verdict;
  }

  /** To be called when a run is over: nothing of it can be decided any more. */
  forget(runId: number): void {
    for (const question of this.#runs.get(runId)?.values() ?? []) {
      question.answer(undefined);
      question.settle();
    }
    this.#runs.delete(runId);
  }
}

function createQuestion({ timeoutMs, signal }: AskOptions): Question {
  const first = createDeferred<Verdict | undefined>();
  const { promise: settled, resolve: settle } = createDeferred<void>();
  const close = (verdict: Verdict | undefined) => {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
    first.resolve(verdict);
  };
  const cancel = () => close(undefined);
  const timer = setTimeout(() => close({ decision: 'EXPIRED', reason: '' }), timeoutMs);
  signal.addEventListener('abort', cancel);
  if (signal.aborted) cancel();
  return { expiresAt: Date.now() + timeoutMs, verdict: first.promise, answer: close, settled, settle };
}

/** Resolves once; what comes later does nothing. */
function createDeferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolvePromise) => {
    resolve = resolvePromise;
  });
  return { promise, resolve };
}
