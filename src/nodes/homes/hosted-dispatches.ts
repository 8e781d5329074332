import { lostOutcome } from '../dispatch/dispatch-outcome.ts';
import type { LiveNode } from '../presence/live-node.ts';
import { HostedDispatch } from './hosted-dispatch.ts';
import type { DispatchNews, DispatchQuestion } from './node-calls.ts';

export interface HostedDispatchesOptions {
  /** Finds a node that has its home here. */
  find(agentNodeId: number): LiveNode | undefined;
  /** The dispatches among these whose tool calls have not ended, by what is stored. */
  findWaitedFor(agentNodeId: number, dispatchIds: string[]): Promise<ReadonlySet<string>>;
}

/** The longest time until a question is answered without news, in milliseconds. */
const longestAnswerMs = 5_000;
/** A run that has not asked for so many milliseconds is looked up in the database. */
const quietMs = 3_000;

interface Hosted {
  agentNodeId: number;
  dispatch: HostedDispatch;
}

/**
 * The dispatches of the nodes that have their home here, for the gateways of their runs. A dispatch goes on while the
 * gateway of its run is away: another one takes the run over and asks on, or ends the run, which the database shows.
 */
export class HostedDispatches {
  readonly #options: HostedDispatchesOptions;
  readonly #hosted = new Map<string, Hosted>();

  constructor(options: HostedDispatchesOptions) {
    this.#options = options;
  }

  /** Answers a question when there are news, or after a while. The first question starts the dispatch. */
  async ask(question: DispatchQuestion): Promise<DispatchNews> {
    const { dispatchId } = question.request;
    const live = this.#options.find(question.node.id);
    if (live === undefined) return { isElsewhere: true };
    const known = this.#hosted.get(dispatchId)?.dispatch;
    if (known === undefined && live.dispatches.knows(dispatchId)) {
      const startedBy = question.known.instanceId;
      return { outcome: lostOutcome({ state: 'SENT', startedBy }, 'The node has reported it before.') };
    }
    const dispatch = known ?? this.#start(live, question);
    if (question.isCancelled) live.dispatches.cancel(dispatchId, 'Cancelled.');
    return await dispatch.ask(question, longestAnswerMs);
  }

  /** The outcome of a dispatch is stored. */
  take(dispatchId: string): void {
    this.#hosted.get(dispatchId)?.dispatch.take();
    this.#hosted.delete(dispatchId);
  }

  /** Forgets the dispatches of a node that has connected elsewhere, or of all nodes because the gateway stops. */
  release(agentNodeId?: number): void {
    for (const [dispatchId, hosted] of this.#hosted) {
      if (agentNodeId !== undefined && hosted.agentNodeId !== agentNodeId) continue;
      hosted.dispatch.close();
      this.#hosted.delete(dispatchId);
    }
  }

  /** Cancels the dispatches that nobody has asked about for a while, and for which no run waits any more. */
  async cancelAbandoned(): Promise<void> {
    const quiet = [...this.#hosted].filter(([, { dispatch }]) => dispatch.isQuiet(quietMs));
    for (const [dispatchId, { agentNodeId }] of quiet) {
      const waitedFor = await this.#options.findWaitedFor(agentNodeId, [dispatchId]);
      if (waitedFor.has(dispatchId)) continue;
      this.#options.find(agentNodeId)?.dispatches.cancel(dispatchId, 'Cancelled.');
      this.take(dispatchId);
    }
  }

  #start(live: LiveNode, { request, known, isNew }: DispatchQuestion): HostedDispatch {
    const dispatch = new HostedDispatch();
    this.#hosted.set(request.dispatchId, { agentNodeId: live.id, dispatch });
    const outcome = live.dispatches.start({
      ...request,
      resumed: isNew ? undefined : known,
      onOutput: (text, position) => dispatch.addOutput(text, position),
      onAcknowledged: (instanceId) => dispatch.acknowledged(instanceId),
      onReported: () => dispatch.reported(),
    });
    void outcome.then((ended) => dispatch.end(ended));
    return dispatch;
  }
}
