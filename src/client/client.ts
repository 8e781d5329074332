import { CancelRunDocument, ChatDocument, type ChatInput, FollowRunDocument } from '../gql/client/graphql.ts';
import { ask, dataOf, type Result } from './ask.ts';
import { createDistinctConnections } from './distinct-connections.ts';
import { type Document, type Print, textOf } from './document.ts';
import { randomId } from './random-id.ts';
import { createRetry, type Retry, repeat } from './retry.ts';
import { followRun, type RunEvent } from './run-events.ts';
import type { SubscribeOptions, Transport, TransportOptions } from './transport.ts';
import { watch } from './watch.ts';

export { GatewayError } from './errors.ts';
export { createRetry } from './retry.ts';
export { isTerminal, type RunEvent } from './run-events.ts';
export { createSingleConnection } from './single-connection.ts';

export interface ClientOptions extends TransportOptions {
  /** What to do after a failed attempt. Default: `createRetry()`. */
  retry?: Retry;
  /** Default: each subscription has a connection of its own. */
  transport?: Transport;
  /** `print` of `graphql`, for documents that are syntax trees. */
  print?: Print;
}

export interface AskOptions {
  /** How long one attempt may take, in milliseconds. Default: 30,000. */
  timeoutMs?: number;
  /** Repeats after a passing error. Use it only for what is safe to repeat. Default: false. */
  retry?: boolean;
  /** Aborts to give up: then its reason is thrown. */
  signal?: AbortSignal;
}

type Variables = Record<string, unknown>;

/** A client of the gateway. Every method throws a GatewayError where the gateway cannot or will not do it. */
export interface Client {
  /** Sends a query or a mutation, and resolves with its data. */
  ask<D, V = Variables>(document: Document<D, V>, variables: V, options?: AskOptions): Promise<D>;
  /** Subscribes over one connection. A lost connection is an error. */
  subscribe<D, V = Variables>(
    document: Document<D, V>,
    variables: V,
    options?: Partial<SubscribeOptions>,
  ): AsyncGenerator<D>;
  /** Subscribes, and again after each lost connection. `variables` is called for each connection. */
  watch<D, V = Variables>(
    document: Document<D, V>,
    variables: () => V,
    options?: Partial<SubscribeOptions>,
  ): AsyncGenerator<D>;
  /**
   * Sends a prompt and yields the run events of its run, over lost connections. The prompt is sent when the loop
   * begins, and is asked once: `requestId`, which is random by default, names it.
   */
  chat(input: ChatInput, options?: Partial<SubscribeOptions>): AsyncGenerator<RunEvent>;
  /** Yields the run events of a run after the cursor `after` (default: 0), over lost connections. */
  follow(runId: string, options?: Partial<SubscribeOptions> & { after?: number }): AsyncGenerator<RunEvent>;
  /** Cancels a run. Resolves when it has stopped: with false where it had ended before. */
  cancel(runId: string): Promise<boolean>;
}

export function createClient(options: ClientOptions): Client {
  const { retry = createRetry(), transport = createDistinctConnections(options), print } = options;

  async function* subscribe<D, V>(
    document: Document<D, V>,
    variables: V,
    { signal = neverAborted(), onOpen }: Partial<SubscribeOptions> = {},
  ): AsyncGenerator<D> {
    const operation = { query: textOf(document, print), variables };
    for await (const result of transport(operation, { signal, onOpen })) {
      // Results that have arrived wait for the loop. An abort drops them.
      signal.throwIfAborted();
      yield dataOf(result as Result<D>);
    }
  }
  async function send<D, V>(document: Document<D, V>, variables: V, asked: AskOptions = {}): Promise<D> {
    const { timeoutMs = 30_000, signal = neverAborted() } = asked;
    const operation = { query: textOf(document, print), variables };
    const once = () => ask<D>(options, operation, { timeoutMs, signal });
    return asked.retry ? repeat(once, retry, signal) : once();
  }
  const watchWith =
    (decide: Retry) =>
    <D, V>(
      document: Document<D, V>,
      variables: () => V,
      { signal = neverAborted(), onOpen }: Partial<SubscribeOptions> = {},
    ) =>
      watch((each) => subscribe(document, variables(), each), decide, { signal, onOpen });

  return {
    ask: send,
    subscribe,
    watch: watchWith(retry),
    chat({ requestId, ...input }, chatOptions) {
      const sent = { ...input, requestId: requestId ?? randomId() };
      return followRun(0, retry, async function* (cursor, decide) {
        const variables = () => ({ input: sent, after: cursor() });
        for await (const { chat } of watchWith(decide)(ChatDocument, variables, chatOptions)) yield chat;
      });
    },
    follow(runId, { after = 0, ...followOptions } = {}) {
      return followRun(after, retry, async function* (cursor, decide) {
        const variables = () => ({ runId, after: cursor() });
        const followed = watchWith(decide)(FollowRunDocument, variables, followOptions);
        for await (const { runEvents } of followed) yield runEvents;
      });
    },
    async cancel(runId) {
      return (await send(CancelRunDocument, { runId })).cancelRun.cancelled;
    },
  };
}

/** A new one each time, because signals that are derived from a signal live as long as that. */
function neverAborted(): AbortSignal {
  return new AbortController().signal;
}
