import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type PlannedCall, type ToolOutcome, toolErrorCodes } from '../../tools/tool-runner.ts';
import type { RunWriter } from '../log/run-writer.ts';

export interface ExecuteCallOptions {
  callId: string;
  writer: RunWriter;
  /**
   * How long a tool may take to stop once its run is cancelled; then it is left to itself. The last resort
   * for a runner that hangs: one that waits for its node to confirm must give up sooner.
   */
  toolStopMs: number;
  log: Logger;
  /** Aborts when the run is cancelled. */
  signal: AbortSignal;
}

/** Of a call whose run was cancelled before it began. */
export const notStarted: ToolOutcome = {
  status: 'CANCELLED',
  result: 'Cancelled before it ran.',
  stopped: true,
};

/** Runs a planned call and streams its output into the run's log. A call that throws has failed. */
export async function executeCall(planned: PlannedCall, options: ExecuteCallOptions): Promise<ToolOutcome> {
  const { callId, writer, toolStopMs, log, signal } = options;
  if (signal.aborted) return notStarted;
  let ended = false;
  const over = new AbortController();
  const onOutput = async (text: string) => {
    // What a tool prints after its end comes too late: the run may be over.
    if (!ended && text !== '') await writer.write({ type: 'ToolOutputDelta', callId, text });
  };
  try {
    const unstoppable = leftBehind(toolStopMs, signal, over.signal);
    return await Promise.race([planned.run(onOutput, signal), unstoppable]);
  } catch (error) {
    if (signal.aborted) return { status: 'CANCELLED', result: 'Cancelled.' };
    log.error({ err: error, callId }, 'a tool call could not be run');
    return { status: 'FAILED', result: toolErrorCodes.FAILED };
  } finally {
    ended = true;
    over.abort();
  }
}

/** The outcome of a call that goes on though its run was cancelled: whoever cancels waits for the run's end. */
async function leftBehind(afterMs: number, cancelled: AbortSignal, over: AbortSignal): Promise<ToolOutcome> {
  if (!cancelled.aborted) await once(cancelled, 'abort', { signal: over });
  await delay(afterMs, undefined, { signal: over });
  return { status: 'CANCELLED', result: 'Cancelled, but the tool did not stop.', stopped: false };
}
