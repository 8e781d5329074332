import { setTimeout as delay } from 'node:timers/promises';
import { AppendDispatchOutputDocument } from '../../gql/graphql.ts';
import type { GatewayClient } from '../connection/gateway-client.ts';

/** For how long output is gathered into one request, unless there is enough of it before. */
const gatherMs = 50;
const enoughLength = 8_192;

/**
 * Tells the gateway what a dispatch prints, while it runs: one request at a time, each sent until it is
 * answered. By its offset a piece that arrives twice is known. What waits is as much as the dispatch shows live
 * at most.
 */
export class OutputReport {
  readonly #client: GatewayClient;
  readonly #dispatchId: string;
  readonly #signal: AbortSignal;
  #waiting = '';
  #offset = 0;
  #isWanted = true;
  #sending: Promise<void> | undefined;
  #hurry = new AbortController();

  /** @param signal Aborts to give up what was not sent. */
  constructor(client: GatewayClient, dispatchId: string, signal: AbortSignal) {
    this.#client = client;
    this.#dispatchId = dispatchId;
    this.#signal = signal;
  }

  push(text: string): void {
    if (!this.#isWanted) return;
    this.#waiting += text;
    if (this.#waiting.length >= enoughLength) this.#hurry.abort();
    this.#sending ??= this.#send();
  }

  /** Resolves when everything has been sent, or nobody wants it. */
  async end(): Promise<void> {
    this.#hurry.abort();
    await this.#sending;
  }

  async #send(): Promise<void> {
    while (this.#waiting !== '' && this.#isWanted) {
      await delay(gatherMs, undefined, { signal: this.#hurry.signal }).catch(() => undefined);
      this.#hurry = new AbortController();
      const text = this.#waiting;
      this.#waiting = '';
      await this.#append(text);
    }
    this.#sending = undefined;
  }

  async #append(text: string): Promise<void> {
    const variables = { dispatchId: this.#dispatchId, offset: this.#offset, text };
    try {
      const { appendDispatchOutput: progress } = await this.#client.askUntilAnswered(
        AppendDispatchOutputDocument,
        variables,
        this.#signal,
      );
      this.#offset = progress.nextOffset;
      this.#isWanted = progress.isWanted;
    } catch {
      // The gateway has no use for it, and the result has it all.
      this.#isWanted = false;
    }
  }
}
