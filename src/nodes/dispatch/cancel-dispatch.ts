import type { ToolOutcome } from '../../tools/tool-runner.ts';
import type { Dispatch } from './dispatch.ts';
import { failure } from './dispatch-outcome.ts';
import type { InboxEntry } from './inbox.ts';

/** What the queue of a dispatch does while the dispatch is stopped. */
export interface QueueActions {
  /** Puts a command into the node's inbox. */
  send(entry: InboxEntry): void;
  /** Ends the dispatch and frees its slot on the node. */
  settle(outcome: ToolOutcome): void;
}

/**
 * Cancels a dispatch. When no agent can have started it, it ends at once. Otherwise the agent is sent
 * `CancelDispatch`, and the dispatch ends when the agent reports or when `confirmMs` milliseconds have passed.
 * The outcome has `stopped: true` only if it is certain that nothing runs any more.
 *
 * @param why A sentence. The result for the model begins with it.
 */
export function cancelDispatch(
  dispatch: Dispatch,
  why: string,
  confirmMs: number,
  queue: QueueActions,
): void {
  const { state, startedBy } = dispatch;
  if (state === 'CANCELLING' || state === 'SETTLED') return;
  if (startedBy === undefined) {
    queue.settle({ status: 'CANCELLED', stopped: true, result: `${why} Nothing was started.` });
  } else {
    dispatch.state = 'CANCELLING';
    sendCancel(dispatch, queue);
    const result = `${why} The node did not confirm that it stopped.`;
    dispatch.setDeadline(confirmMs, () => queue.settle({ status: 'CANCELLED', stopped: false, result }));
  }
}

/** Fails a dispatch that ran too long and that its agent has not reported, and tells the agent to stop it. */
export function timeOutDispatch(dispatch: Dispatch, queue: QueueActions): void {
  sendCancel(dispatch, queue);
  const { timeoutMs } = dispatch.request;
  const late = `It did not end within ${timeoutMs} ms, and the node did not say that it was stopped.`;
  queue.settle(failure('TIMEOUT', late));
}

function sendCancel({ request }: Dispatch, { send }: QueueActions): void {
  send({ type: 'CancelDispatch', dispatchId: request.dispatchId });
}
