import { once } from 'node:events';
import type { Logger } from 'pino';
import { afterAbort } from '../../base/after-abort.ts';
import { type PlannedCall, type ToolOutcome, toolErrorCodes } from '../../tools/tool-runner.ts';
import { RunLostError } from '../log/run-hold.ts';
import type { RunWriter } from '../log/run-writer.ts';

export interface ExecuteCallOptions {
  writer: RunWriter;
  /**
   * How long a tool may take to stop once its run is cancelled, in milliseconds; after that the run ends without it.
   * This is the last resort for a runner that hangs: a runner that waits for its node must give up sooner.
   */
  toolStopMs: number;
  log: Logger;
  /** Aborts when the run is cancelled. */
  signal: AbortSignal;
}

/** The outcome of a call whose run was cancelled before the call began. */
export const notStarted: ToolOutcome = {
  status: 'CANCELLED',
  result: 'Cancelled before it ran.',
  stopped: true,
};

/**
 * Runs a planned call and streams its output into the run's log. A call that throws has failed.
 *
 * @throws RunLostError when this gateway does not execute the run any more. The tool is not told: it runs on.
 */
export async function executeCall(
  callId: string,
  planned: PlannedCall,
  options: ExecuteCallOptions,
): Promise<ToolOutcome> {
  const { writer, toolStopMs, log, signal } = options;
  if (writer.hold.isLost) throw writer.hold.lose();
  if (signal.aborted && !planned.isStarted) return notStarted;
  let ended = false;
  const over = new AbortController();
  const onOutput = async (text: string) => {
    // Output after the call has ended is dropped: the run's log may be closed already.
    if (!ended && text !== '') await writer.write({ type: 'ToolOutputDelta', callId, text });
  };
  const cancelled = new AbortController();
  const lost = untilLost(signal, cancelled, over.signal);
  try {
    // The client that cancels waits for the run's end.
    const givenUp = afterAbort(cancelled.signal, toolStopMs, over.signal).then(() => notStopped);
    return await Promise.race([planned.run(onOutput, cancelled.signal), givenUp, lost]);
  } catch (error) {
    if (writer.hold.isLost) throw writer.hold.lose();
    if (signal.aborted) return { status: 'CANCELLED', result: 'Cancelled.' };
    log.error({ err: error, callId }, 'a tool call could not be run');
    return { status: 'FAILED', result: toolErrorCodes.FAILED };
  } finally {
    ended = true;
    over.abort();
  }
}

const notStopped: ToolOutcome = {
  status: 'CANCELLED',
  result: 'Cancelled, but the tool did not stop.',
  stopped: false,
};

/** Rejects when the run is lost. When it is cancelled, `cancelled` aborts. */
async function untilLost(signal: AbortSignal, cancelled: AbortController, over: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort', { signal: over });
  if (signal.reason instanceof RunLostError) throw signal.reason;
  cancelled.abort(signal.reason);
  return await new Promise<never>(() => undefined);
}
