import { type ReadonlySignal, signal } from '@preact/signals';
import { createSingleConnection, createSwitchyard, type Switchyard } from '../../client/client.ts';
import { backOffMs, pause, type Retry } from '../../client/retry.ts';
import type { Transport } from '../../client/transport.ts';
import type { Identity } from './identity.ts';

/** The page's connection to the gateway. Its subscriptions continue after a lost connection. */
export interface Link {
  readonly client: Pick<Switchyard, 'follow' | 'query' | 'subscribe'>;
  /** Why a subscription waits for a connection; undefined while all have one. */
  readonly trouble: ReadonlySignal<string | undefined>;
  /** Connects at once, without waiting for the next attempt. */
  wake(): void;
  /** Disconnects until `wake`. The subscriptions continue then. */
  rest(): void;
}

/** The longest time that a timer can wait, in milliseconds. */
const forever = 2 ** 31 - 1;

export function createLink(identity: Identity): Link {
  const endpoint = { url: '/', headers: identity.headers };
  const connection = createSingleConnection(endpoint);
  const trouble = signal<string | undefined>();
  let isResting = false;
  let waking = new AbortController();

  const waitUnlessWoken = (ms: number, stop: AbortSignal) =>
    pause(ms, AbortSignal.any([stop, waking.signal]));
  const transport: Transport = async function* (operation, options) {
    while (!options.signal.aborted && (isResting || identity.demand.value !== undefined)) {
      await waitUnlessWoken(forever, options.signal);
    }
    const onOpen = () => {
      trouble.value = undefined;
      options.onOpen?.();
    };
    yield* connection.subscribe(operation, { ...options, onOpen });
  };
  const retry: Retry = async ({ error, attempt, signal: stop }) => {
    if (error.isUnauthenticated) return identity.refused(error.message);
    if (!error.isPassing) throw error;
    if (isResting) return;
    trouble.value = error.message;
    await waitUnlessWoken(backOffMs(attempt, {}, error.retryAfterMs), stop);
    if (stop.aborted) trouble.value = undefined;
  };
  return {
    client: createSwitchyard({ ...endpoint, transport, retry }),
    trouble,
    wake() {
      isResting = false;
      waking.abort();
      waking = new AbortController();
    },
    rest() {
      isResting = true;
      connection.disconnect();
    },
  };
}
