import type { Result } from './ask.ts';
import { GatewayError, unreachable } from './errors.ts';
import { LinkedAbort } from './linked-abort.ts';
import { randomId } from './random-id.ts';
import { readEvents } from './read-events.ts';
import { discard, type Endpoint, failureOf, type Headers, type Operation, request } from './request.ts';
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
    const token = await this.#inTime([signal], async (soon) =>
      (await request(this.#endpoint, { method: 'PUT', signal: soon })).text(),
    );
    const headers = { 'x-graphql-event-stream-token': token };
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
    const headers = { ...(await this.#opened), accept: 'application/json' };
    const body = { ...operation, extensions: { operationId } };
    await this.#inTime([signal, this.#closing.signal], async (soon) => {
      discard(await request(this.#endpoint, { headers, body, signal: soon }));
    });
  }

  async #stop(operationId: string): Promise<void> {
    const endpoint = { ...this.#endpoint, url: `${this.#endpoint.url}?operationId=${operationId}` };
    const headers = await this.#opened;
    await this.#inTime([this.#closing.signal], async (soon) => {
      discard(await request(endpoint, { method: 'DELETE', headers, signal: soon }));
    }).catch(
      // The stream is lost, which ends the operation too.
      () => undefined,
    );
  }

  /** Does something that must take no longer than a connection may be silent. */
  async #inTime<T>(signals: AbortSignal[], act: (soon: AbortSignal) => Promise<T>): Promise<T> {
    const attempt = new LinkedAbort(...signals).abortAfter(this.#silenceMs);
    try {
      return await act(attempt.signal);
    } finally {
      attempt.unlink();
    }
  }
}
