import { afterAbort } from '../../base/after-abort.ts';
import type { ToolOutcome } from '../../tools/tool-runner.ts';
import type { DispatchRequest, ResumedDispatch } from '../dispatch/dispatch.ts';
import type { DispatchLimits } from '../dispatch/dispatch-limits.ts';
import { lostOutcome, notBackInTime } from '../dispatch/dispatch-outcome.ts';
import type { HomeLine } from './home-line.ts';
import { callNames, type DispatchNews, type DispatchQuestion, type NodeName } from './node-calls.ts';

export interface RunAtHomeOptions {
  line: HomeLine;
  limits: DispatchLimits;
  /** Aborts to cancel the dispatch. */
  signal: AbortSignal;
}

/** Milliseconds that a home may take to answer: longer than it waits for news. */
const timeoutMs = 8_000;

/** How much longer than the home the run waits for a cancelled dispatch, in milliseconds. */
const homeSlackMs = 500;

/** Runs a dispatch on its node, wherever the node is and moves to. Always resolves. */
export async function runAtHome(
  node: NodeName,
  { onOutput, onAcknowledged, resumed, ...given }: DispatchRequest,
  { line, limits, signal }: RunAtHomeOptions,
): Promise<ToolOutcome> {
  const { onReported: _, ...request } = given;
  const known: ResumedDispatch = {
    instanceId: undefined,
    isAcknowledged: false,
    ...(resumed ?? { output: { nextOffset: 0, remainingBytes: limits.maxOutputBytes } }),
  };
  let isNew = resumed === undefined;
  const over = new AbortController();
  const gaveUp = new AbortController();
  afterAbort(signal, limits.cancelConfirmMs + homeSlackMs, over.signal).then(
    () => gaveUp.abort(),
    () => undefined,
  );
  try {
    for (;;) {
      const isCancelled = signal.aborted;
      const question = (): DispatchQuestion => ({ node, request, known: { ...known }, isNew, isCancelled });
      const stop = isCancelled ? gaveUp.signal : signal;
      const news = await line.ask<DispatchNews>({
        ...{ name: callNames.dispatch, timeoutMs, stop },
        argument: () => {
          const asked = question();
          // Whether the home has got the question is not known until it answers.
          isNew = false;
          return asked;
        },
      });
      if (news === undefined) {
        if (signal.aborted && !isCancelled) continue;
        return noAnswer(node, known, signal.aborted);
      }
      const { instanceId, pieces = [], outcome } = news;
      if (instanceId !== undefined) {
        await onAcknowledged?.(instanceId);
        Object.assign(known, { instanceId, isAcknowledged: true });
      }
      for (const { text, position } of pieces) {
        await onOutput(text, position);
        known.output = position;
      }
      if (outcome) return outcome;
    }
  } finally {
    over.abort();
  }
}

/** The outcome of a dispatch of whose home nothing is heard any more. */
function noAnswer({ nodeId }: NodeName, { instanceId }: ResumedDispatch, isCancelled: boolean): ToolOutcome {
  if (isCancelled && instanceId === undefined) {
    return { status: 'CANCELLED', stopped: true, result: 'Cancelled. Nothing was started.' };
  }
  const state = isCancelled ? 'CANCELLING' : 'SENT';
  return lostOutcome({ state, startedBy: instanceId }, notBackInTime(nodeId));
}
