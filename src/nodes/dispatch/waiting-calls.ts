import type { ToolOutcome } from '../../tools/tool-runner.ts';
import type { CallRefusal, CheckRequest } from './call-checks.ts';
import { failure } from './dispatch-outcome.ts';
import type { InboxEntry } from './inbox.ts';

/** A call that waits for a person's approval. */
export interface WaitingRequest extends CheckRequest {
  sessionId: number;
}

interface WaitingCall {
  request: WaitingRequest;
  /** Only the first call has an effect. */
  lose(outcome: ToolOutcome): void;
}

/**
 * The calls of one node that wait for a person's approval. Nobody should be asked about a call that cannot run any more:
 * its node is lost or detached, or its agent was started anew with a policy that refuses the call.
 */
export class WaitingCalls {
  readonly #send: (entry: InboxEntry) => void;
  readonly #calls = new Map<string, WaitingCall>();

  /** @param send Puts a command into the node's inbox. */
  constructor(send: (entry: InboxEntry) => void) {
    this.#send = send;
  }

  /** The sessions of all calls that wait. */
  get sessionIds(): number[] {
    return [...this.#calls.values()].map(({ request }) => request.sessionId);
  }

  /**
   * Resolves with the failure of a call when it cannot run any more, and never otherwise.
   *
   * @param signal Aborts when nobody waits for the approval any more.
   */
  watch(request: WaitingRequest, signal: AbortSignal): Promise<ToolOutcome> {
    const { dispatchId } = request;
    return new Promise((resolve) => {
      if (signal.aborted) return;
      const forget = () => void this.#calls.delete(dispatchId);
      const lose = (outcome: ToolOutcome) => {
        signal.removeEventListener('abort', forget);
        forget();
        resolve(outcome);
      };
      signal.addEventListener('abort', forget, { once: true });
      this.#calls.set(dispatchId, { request, lose });
    });
  }

  /** Asks the agent again about a call. */
  askAgain(dispatchId: string): void {
    if (this.#calls.has(dispatchId)) this.#send({ type: 'CheckDispatch', dispatchId });
  }

  find(dispatchId: string): CheckRequest | undefined {
    return this.#calls.get(dispatchId)?.request;
  }

  /** Called when an agent has connected. It may have another policy than the one that was asked before. */
  connect(checksCalls: boolean): void {
    if (!checksCalls) return;
    for (const dispatchId of this.#calls.keys()) this.askAgain(dispatchId);
  }

  /** Takes the answer of an agent. Returns whether the call still waits. */
  report(dispatchId: string, refusal: CallRefusal | null): boolean {
    const call = this.#calls.get(dispatchId);
    if (refusal) call?.lose(failure(refusal.errorCode, refusal.result));
    return call !== undefined;
  }

  /** Called when the agent will not come back. */
  loseAll(why: string): void {
    for (const { lose } of [...this.#calls.values()]) lose(notStarted(why));
  }

  /** Called when the node was detached from a session. */
  loseSession(sessionId: number, why: string): void {
    for (const { request, lose } of [...this.#calls.values()]) {
      if (request.sessionId === sessionId) lose(notStarted(why));
    }
  }
}

function notStarted(why: string): ToolOutcome {
  return failure('NODE_OFFLINE', `${why} Nothing was started.`);
}
