import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Resolves so many milliseconds after a signal has aborted, for those who give somebody that time to stop.
 *
 * @param over Ends the wait: then it rejects.
 */
export async function afterAbort(signal: AbortSignal, ms: number, over: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort', { signal: over });
  await delay(ms, undefined, { signal: over });
}
