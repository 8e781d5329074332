import type { Result } from './ask.ts';
import { GatewayError, unreachable } from './errors.ts';
import { randomId } from './random-id.ts';
import { readEvents } from './read-events.ts';
import { type Endpoint, failureOf, type Headers, type Operation, request } from './request.ts';
import { ResultQueue } from './result-queue.ts';
import {
  defaultSilenceMs,
  type SubscribeOptions,
  streamEndpoint,
  type TransportOptions,
} from './transport.ts';

/** One event stream that carries several subscriptions. It opens at once, and closes after the last of them. */
export class SharedStream {
  readonly #endpoint: Endpoint;
  readonly #silenceMs: number;
  readonly #onClose: () => void;
  readonly #operations = new Map<string, ResultQueue<Result>>();
  readonly #closing = new AbortController();
  /** The headers that name the stream. Stays pending where the stream cannot be opened. */
  readonly #opened: Promise<Headers>;

  /** @param onClose Called once, when nothing can be started on the stream any more. */
  constructor(options: TransportOptions, onClose: () => void) {
    this.#endpoint = streamEndpoint(options);
    this.#silenceMs = options.silenceMs ?? defaultSilenceMs;
    this.#onClose = onClose;
    this.#opened = new Promise((resolve) => {
      this.#carry(resolve).catch((error) => this.close(failureOf(error, this.#closing.signal)));
    });
  }

  /** Carries one subscription: see `Transport`. */
  async *run(operation: Operation, { signal, onOpen }: SubscribeOptions): AsyncGenerator<Result> {
    const id = randomId();
    const results = new ResultQueue<Result>();
    const giveUp = () => results.fail(signal.reason);
    signal.addEventListener('abort', giveUp);
    this.#operations.set(id, results);
    this.#start(id, operation, signal).then(onOpen, (error) => {
      // The gateway does not know the stream any more.
      if (error instanceof GatewayError && error.code === 'NOT_FOUND') this.close(unreachable(error));
      else results.fail(failureOf(error, signal));
    });
    try {
      yield* results;
    } finally {
      signal.removeEventListener('abort', giveUp);
      const isRunning = this.#operations.delete(id);
      if (this.#operations.size === 0) this.close(unreachable(new Error('Nothing is subscribed.')));
      else if (isRunning) void this.#stop(id);
    }
  }

  /** @param failure The error that the subscriptions throw. */
  close(failure: unknown): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(failure);
    for (const results of this.#operations.values()) results.fail(failure);
    this.#operations.clear();
    this.#onClose();
  }

  /** Opens the stream and hands its results to the subscriptions. Always rejects in the end. */
  async #carry(opened: (headers: Headers) => void): Promise<never> {
    const { signal } = this.#closing;
    const reserved = await request(this.#endpoint, { method: 'PUT', signal: this.#inTime(signal) });
    const headers = { 'x-graphql-event-stream-token': await reserved.text() };
    const events = readEvents(this.#endpoint, {
      method: 'GET',
      headers,
      silenceMs: this.#silenceMs,
      signal,
      onOpen: () => opened(headers),
    });
    for await (const { event, data } of events) {
      const { id, payload } = data as { id: string; payload: Result };
      if (event === 'next') this.#operations.get(id)?.push(payload);
      if (event !== 'complete') continue;
      this.#operations.get(id)?.end();
      this.#operations.delete(id);
    }
    throw new Error('The event stream broke off.');
  }

  async #start(operationId: string, operation: Operation, signal: AbortSignal): Promise<void> {
    await request(this.#endpoint, {
      headers: { ...(await this.#opened), accept: 'application/json' },
      body: { ...operation, extensions: { operationId } },
      signal: this.#inTime(AbortSignal.any([signal, this.#closing.signal])),
    });
  }

  async #stop(operationId: string): Promise<void> {
    const url = `${this.#endpoint.url}?operationId=${operationId}`;
    const signal = this.#inTime(this.#closing.signal);
    await request(
      { ...this.#endpoint, url },
      { method: 'DELETE', headers: await this.#opened, signal },
    ).catch(
      // The stream is lost, which ends the operation too.
      () => undefined,
    );
  }

  #inTime(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, AbortSignal.timeout(this.#silenceMs)]);
  }
}
