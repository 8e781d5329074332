import { endSignal } from '../../base/end-signal.ts';
import { refusal } from '../../errors.ts';
import { type EventStream, openEventStream } from '../../sse/event-stream.ts';
import { type ReadOptions, readParams } from '../request/read-params.ts';
import { deliver } from './deliver.ts';
import { type Exchange, prepareExchange } from './exchange.ts';
import type { FrameBudget } from './frame-budget.ts';
import { distinctFrames } from './frames.ts';
import type { GraphQLServer } from './graphql-server.ts';
import type { StreamOwner } from './stream-owner.ts';

export interface DistinctModeOptions extends ReadOptions {
  yoga: GraphQLServer;
  heartbeatMs: number;
  frameBudget: FrameBudget;
  /** Whether the gateway closes all streams. */
  isClosing: () => boolean;
}

/** graphql-sse's distinct connections mode: the response to a request streams the results of its operation. */
export interface DistinctMode {
  /**
   * Answers with a stream. Errors in the document are results on the stream too, as the protocol demands: a client
   * would retry a refused request.
   *
   * @throws GatewayError FORBIDDEN if the owner only follows, and the operation is not a subscription.
   */
  serve(exchange: Exchange, owner: StreamOwner): Promise<void>;
  /** Ends all streams without `complete`, so that their clients connect again. */
  close(): void;
}

export function createDistinctMode(options: DistinctModeOptions): DistinctMode {
  const { yoga, heartbeatMs, frameBudget, isClosing } = options;
  const streams = new Set<EventStream>();
  return {
    async serve(exchange, { onlyFollows = false }) {
      const { incoming, outgoing, url, abort, present, facts } = exchange;
      const params = await readParams(incoming, url, options);
      const operation = prepareExchange(yoga, exchange, params);
      if (onlyFollows && operation.kind === 'query') {
        throw refusal('FORBIDDEN', 'A stream ticket opens a subscription, and no other operation.');
      }
      const stream = openEventStream(outgoing, { heartbeatMs });
      const leave = () => endSignal(abort);
      stream.closed.addEventListener('abort', leave, { once: true });
      if (stream.closed.aborted) return;
      streams.add(stream);
      try {
        await deliver(operation.start, {
          opened: Promise.resolve(stream),
          frames: distinctFrames,
          signal: abort.signal,
          frameBudget,
          present,
        });
      } finally {
        streams.delete(stream);
        if (isClosing()) facts.ended = 'the gateway stops';
        // The end of the stream must not abort an operation that is complete.
        stream.closed.removeEventListener('abort', leave);
        stream.end();
      }
    },
    close() {
      for (const stream of streams) stream.end();
    },
  };
}
