import { setTimeout as delay } from 'node:timers/promises';
import { AppendDispatchOutputDocument } from '../../gql/graphql.ts';
import type { GatewayClient } from '../connection/gateway-client.ts';

/** Output is collected for this long before it is sent, or until it has `enoughLength` characters. */
const gatherMs = 50;
const enoughLength = 8_192;

/**
 * Sends the output of a dispatch to the gateway while the dispatch runs: one request at a time, each repeated until
 * the gateway answers. The offset lets the gateway recognize a piece that arrives twice. The queue needs no limit,
 * because `OutputCapture` limits how much output is shown live.
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

  /** @param signal Aborts to give up the output that was not sent yet. */
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

  /** Resolves when all output was sent, or the gateway does not want it. */
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
      const { appendDispatchOutput: progress } = await this.#client.query(
        AppendDispatchOutputDocument,
        variables,
        { retry: true, signal: this.#signal },
      );
      this.#offset = progress.nextOffset;
      this.#isWanted = progress.isWanted;
    } catch {
      // The gateway refuses live output. Nothing is lost: the result has the output too.
      this.#isWanted = false;
    }
  }
}
