import { GatewayError } from './errors.ts';
import type { Retry } from './retry.ts';
import type { SubscribeOptions } from './transport.ts';

/** A connection that lasted for so long counts as a success, in milliseconds. */
const goodMs = 5_000;

/**
 * Subscribes again after each lost connection, until the gateway completes the subscription.
 *
 * @param subscribe Opens one connection.
 * @throws what `retry` rejects with; the reason of the signal once that aborts.
 */
export async function* watch<D>(
  subscribe: (options: SubscribeOptions) => AsyncIterable<D>,
  retry: Retry,
  { signal, onOpen }: SubscribeOptions,
): AsyncGenerator<D> {
  for (let attempt = 1; ; attempt += 1) {
    let openedAt = Number.POSITIVE_INFINITY;
    const opened = () => {
      openedAt = Date.now();
      onOpen?.();
    };
    try {
      for await (const data of subscribe({ signal, onOpen: opened })) {
        attempt = 0;
        yield data;
      }
      return;
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      if (attempt === 0 || Date.now() - openedAt > goodMs) attempt = 1;
      await retry({ error, attempt, signal });
    }
  }
}
