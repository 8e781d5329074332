import { setTimeout as delay } from 'node:timers/promises';
import { type GatewayError, tryAgain } from '../../errors.ts';

/** Milliseconds that an agent waits until the run knows what it has reported. Then it reports again. */
export const patienceMs = 5_000;

/** @throws GatewayError OVERLOADED if the run does not know in time what an agent has reported. */
export async function inTime(taken: Promise<void>): Promise<void> {
  const over = new AbortController();
  const late = delay(patienceMs, undefined, { signal: over.signal, ref: false }).then(() => {
    throw notTakenYet();
  });
  try {
    await Promise.race([taken, late]);
  } finally {
    over.abort();
  }
}

/** The error for an agent whose report the run does not know yet. */
export function notTakenYet(): GatewayError {
  const message = 'The run does not know of this report yet; send it again.';
  return tryAgain('OVERLOADED', message, { retryAfter: 1 });
}
