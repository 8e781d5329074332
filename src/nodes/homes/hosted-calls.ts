import { setTimeout as delay } from 'node:timers/promises';
import type { ToolOutcome } from '../../tools/tool-runner.ts';
import type { CheckRequest } from '../dispatch/call-checks.ts';
import type { WaitingRequest } from '../dispatch/waiting-calls.ts';
import type { LiveNode } from '../presence/live-node.ts';
import type { CallAnswer, CallQuestion } from './node-calls.ts';

/** The longest time until a question is answered without news, in milliseconds. */
const longestAnswerMs = 10_000;
/** A call that its run has not asked about for so many milliseconds waits no more. */
const quietMs = 40_000;
/** How many checks are remembered until their calls wait for an approval. */
const mostChecked = 1_000;

interface Watched {
  lost: Promise<ToolOutcome>;
  over: AbortController;
  expiry: NodeJS.Timeout;
}

/** The calls that wait for an approval or are checked, of runs that ask the home of their node about them. */
export class HostedCalls implements Disposable {
  readonly #find: (agentNodeId: number) => LiveNode | undefined;
  readonly #watched = new Map<string, Watched>();
  /** The ids of the calls that the agent was asked about through this gateway. */
  readonly #checked = new Set<string>();
  readonly #closing = new AbortController();

  /** @param find Finds a node that has its home here. */
  constructor(find: (agentNodeId: number) => LiveNode | undefined) {
    this.#find = find;
  }

  /** Answers whether the node would refuse a call. */
  async check({ node, request }: CallQuestion<CheckRequest>): Promise<CallAnswer> {
    const live = this.#find(node.id);
    if (live === undefined) return { isElsewhere: true };
    this.#checked.add(request.dispatchId);
    const [oldest = ''] = this.#checked;
    if (this.#checked.size > mostChecked) this.#checked.delete(oldest);
    const outcome = await live.checks.check(request, this.#closing.signal);
    return outcome ? { outcome } : {};
  }

  /** Answers when a call cannot run any more, or after a while. */
  async watch({ node, request }: CallQuestion<WaitingRequest>): Promise<CallAnswer> {
    const live = this.#find(node.id);
    if (live === undefined) return { isElsewhere: true };
    const { dispatchId } = request;
    const watched = this.#watched.get(dispatchId) ?? this.#begin(live, request);
    watched.expiry.refresh();
    const { signal } = watched.over;
    const late = delay(longestAnswerMs, undefined, { signal, ref: false }).catch(() => undefined);
    const outcome = await Promise.race([watched.lost, late]);
    if (outcome === undefined) return this.#find(node.id) === live ? {} : { isElsewhere: true };
    watched.over.abort();
    return { outcome };
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
    for (const { over } of this.#watched.values()) over.abort();
  }

  #begin(live: LiveNode, request: WaitingRequest): Watched {
    const over = new AbortController();
    const expiry = setTimeout(() => over.abort(), quietMs).unref();
    const watched = { lost: live.waiting.watch(request, over.signal), over, expiry };
    this.#watched.set(request.dispatchId, watched);
    const forget = () => {
      clearTimeout(expiry);
      this.#watched.delete(request.dispatchId);
    };
    over.signal.addEventListener('abort', forget, { once: true });
    // It may be another process, with another policy, than the one that was asked before.
    if (!this.#checked.delete(request.dispatchId)) live.askAgain(request.dispatchId);
    return watched;
  }
}
