import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
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
  if (signal.aborted) return notStarted;
  let ended = false;
  const over = new AbortController();
  const onOutput = async (text: string) => {
    // Output after the call has ended is dropped: the run's log may be closed already.
    if (!ended && text !== '') await writer.write({ type: 'ToolOutputDelta', callId, text });
  };
  const cancelled = new AbortController();
  const lost = untilLost(signal, cancelled, over.signal);
  try {
    const givenUp = giveUpAfterCancel(toolStopMs, cancelled.signal, over.signal);
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

/** Rejects when the run is lost. When it is cancelled, `cancelled` aborts. */
async function untilLost(signal: AbortSignal, cancelled: AbortController, over: AbortSignal): Promise<never> {
  await once(signal, 'abort', { signal: over });
  if (signal.reason instanceof RunLostError) throw signal.reason;
  cancelled.abort(signal.reason);
  return await new Promise<never>(() => undefined);
}

/** Gives a tool `stopMs` to stop after the cancellation, because the client that cancels waits for the run's end. */
async function giveUpAfterCancel(
  stopMs: number,
  cancelled: AbortSignal,
  over: AbortSignal,
): Promise<ToolOutcome> {
  if (!cancelled.aborted) await once(cancelled, 'abort', { signal: over });
  await delay(stopMs, undefined, { signal: over });
  return { status: 'CANCELLED', result: 'Cancelled, but the tool did not stop.', stopped: false };
}
