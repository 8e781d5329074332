import type { Result } from './ask.ts';
import { unreachable } from './errors.ts';
import { readEvents } from './read-events.ts';
import { defaultSilenceMs, streamEndpoint, type Transport, type TransportOptions } from './transport.ts';

/** Gives each subscription a connection of its own: graphql-sse's distinct connections mode. */
export function createDistinctConnections(options: TransportOptions): Transport {
  const endpoint = streamEndpoint(options);
  const { silenceMs = defaultSilenceMs } = options;
  return async function* subscribe(body, { signal, onOpen }) {
    let isComplete = false;
    for await (const { event, data } of readEvents(endpoint, { body, silenceMs, signal, onOpen })) {
      if (event === 'complete') isComplete = true;
      if (event === 'next') yield data as Result;
    }
    if (!isComplete) throw unreachable(new Error('The event stream broke off.'));
  };
}
