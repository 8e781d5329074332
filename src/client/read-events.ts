import { createParser } from 'eventsource-parser';
import { LinkedAbort } from './linked-abort.ts';
import { type Endpoint, failureOf, type RequestOptions, request } from './request.ts';

/** A server-sent event of graphql-sse's protocol. */
export interface ServerEvent {
  /** `next` or `complete`. */
  event: string | undefined;
  /** The parsed JSON; undefined where the event has no data. */
  data: unknown;
}

export interface ReadEventsOptions extends RequestOptions {
  /** How long a connection may bring nothing before it is given up, in milliseconds. The gateway pings every 12 s. */
  silenceMs: number;
  /** Called when the gateway has accepted the request. */
  onOpen?: (() => void) | undefined;
}

/**
 * Sends a request and yields the server-sent events of its response until that ends. Reads only as fast as the
 * events are taken. Leaving the loop closes the connection.
 *
 * @throws GatewayError where the gateway refuses the request, or the connection is lost or silent.
 * @throws the reason of `signal` once that aborts.
 */
export async function* readEvents(
  endpoint: Endpoint,
  { silenceMs, onOpen, signal, ...init }: ReadEventsOptions,
): AsyncGenerator<ServerEvent> {
  const connection = new LinkedAbort(signal);
  const unlessSilent = <T>(answer: Promise<T>): Promise<T> => {
    const giveUp = () => connection.abort(new Error(`The gateway has sent nothing for ${silenceMs} ms.`));
    const timer = setTimeout(giveUp, silenceMs);
    return answer.finally(() => clearTimeout(timer));
  };
  try {
    const headers = { ...init.headers, accept: 'text/event-stream' };
    const { body } = await unlessSilent(request(endpoint, { ...init, headers, signal: connection.signal }));
    onOpen?.();
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    const decoder = new TextDecoder();
    const events: ServerEvent[] = [];
    const parser = createParser({
      onEvent: ({ event, data }) => events.push({ event, data: data === '' ? undefined : JSON.parse(data) }),
    });
    for (;;) {
      const { value } = await unlessSilent(reader.read());
      if (value === undefined) return;
      parser.feed(decoder.decode(value, { stream: true }));
      yield* events.splice(0);
    }
  } catch (error) {
    throw failureOf(error, signal);
  } finally {
    connection.unlink();
    connection.abort();
  }
}
