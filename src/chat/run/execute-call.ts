import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunWriter } from '../log/run-writer.ts';
import type { PlannedCall, ToolOutcome } from '../tools.ts';

/**
 * How long a tool may take to stop once its run is cancelled; then it is left to itself. The last resort for
 * a runner that hangs: one that waits for its node to confirm gives up sooner.
 */
const stopMs = 7_000;

export interface ExecuteCallOptions {
  callId: string;
  writer: RunWriter;
  /** Aborts when the run is cancelled. */
  signal: AbortSignal;
}

/** Runs a planned call and streams its output into the run's log. A call that throws has failed. */
export async function executeCall(
  planned: PlannedCall,
  { callId, writer, signal }: ExecuteCallOptions,
): Promise<ToolOutcome> {
  let ended = false;
  const over = new AbortController();
  const onOutput = async (text: string) => {
    // What a tool prints after its end comes too late: the run may be over.
    if (!ended && text !== '') await writer.write({ type: 'ToolOutputDelta', callId, text });
  };
  try {
    return await Promise.race([planned.run(onOutput, signal), unstoppable(signal, over.signal)]);
  } catch (error) {
    if (signal.aborted) return { status: 'CANCELLED', result: 'Cancelled.' };
    return {
      status: 'FAILED',
      errorCode: 'FAILED',
      result: error instanceof Error ? error.message : 'The tool failed.',
    };
  } finally {
    ended = true;
    over.abort();
  }
}

/** The outcome of a call that goes on though its run was cancelled: whoever cancels waits for the run's end. */
async function unstoppable(cancelled: AbortSignal, over: AbortSignal): Promise<ToolOutcome> {
  if (!cancelled.aborted) await once(cancelled, 'abort', { signal: over });
  await delay(stopMs, undefined, { signal: over });
  return { status: 'CANCELLED', result: 'Cancelled, but the tool did not stop.', stopped: false };
}
