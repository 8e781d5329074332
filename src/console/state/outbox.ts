import { type ReadonlySignal, signal } from '@preact/signals';
import { GatewayError } from '../../client/errors.ts';
import { randomId } from '../../client/random-id.ts';
import { backOffMs, pause } from '../../client/retry.ts';
import { wordsOf } from '../gateway/words-of.ts';
import type { StoredPrompt } from './outbox-store.ts';

/** A prompt on its way to the gateway, as the page shows it. */
export interface PendingPrompt extends StoredPrompt {
  /** Why it has not been sent yet; undefined during the first attempt. It is sent again by itself. */
  readonly delay?: string | undefined;
}

/** The prompts of one session that the gateway has not accepted yet, in the order in which they are sent. */
export interface Outbox {
  readonly prompts: ReadonlySignal<readonly PendingPrompt[]>;
  /** Takes a prompt, and sends it as soon as possible. Returns why it cannot take it. */
  add(
    prompt: string,
    more?: Pick<StoredPrompt, 'input' | 'attachments' | 'isSteering' | 'expectedHead'>,
  ): string | undefined;
  /** Takes prompts that waited elsewhere. They keep their request ids, and go before those that are here. */
  take(prompts: readonly StoredPrompt[]): void;
  /** Gives all prompts away. */
  giveAll(): readonly StoredPrompt[];
  /** Sends the prompts at once, without waiting for the next attempt. */
  wake(): void;
  /** Sends a refused prompt once more. One that the conversation has overtaken is sent in any case now. */
  retry(requestId: string): void;
  /** Forgets a prompt. */
  discard(requestId: string): void;
  /** Forgets all prompts and stops. */
  close(): void;
}

export interface OutboxOptions {
  /** Sends a prompt. Resolves when the gateway has accepted it, with the newest message that the session then has. */
  send(prompt: StoredPrompt): Promise<string | undefined>;
  /** Called with the prompts to keep, whenever they change. */
  keep(prompts: readonly StoredPrompt[]): void;
}

/** How many prompts may wait, and how long they may be together, in characters. The storage of a tab holds 5 MB. */
const maxPrompts = 20;
const maxLength = 500_000;

const pauses = { firstMs: 500, longestMs: 10_000 };

export function createOutbox({ send, keep }: OutboxOptions): Outbox {
  const prompts = signal<readonly PendingPrompt[]>([]);
  const closing = new AbortController();
  let waking = new AbortController();
  let isSending = false;

  const set = (next: readonly PendingPrompt[]) => {
    prompts.value = next;
    keep(next.map(toStored));
  };
  const update = (requestId: string, change: Partial<PendingPrompt>) =>
    set(prompts.peek().map((each) => (each.requestId === requestId ? { ...each, ...change } : each)));
  /** The user wrote the prompts that wait below the one that was sent now, so what that has added is no surprise. */
  const expectHead = (head: string | undefined) =>
    set(
      prompts
        .peek()
        .map((each) =>
          each.expectedHead === undefined || each.hasMoved ? each : { ...each, expectedHead: head },
        ),
    );
  const discard = (requestId: string) => set(prompts.peek().filter((each) => each.requestId !== requestId));

  const attempt = async (next: PendingPrompt, count: number): Promise<boolean> => {
    const { signal: woken } = waking;
    const { requestId, prompt, input, attachments, isSteering, expectedHead } = next;
    try {
      const head = await send({ requestId, prompt, input, attachments, isSteering, expectedHead });
      discard(requestId);
      expectHead(head);
      return true;
    } catch (error) {
      if (!(error instanceof GatewayError) || !isLater(error)) {
        const hasMoved = error instanceof GatewayError && error.code === 'HEAD_MOVED';
        update(requestId, { refusal: wordsOf(error), hasMoved, delay: undefined });
        return true;
      }
      update(requestId, { delay: error.message });
      await pause(backOffMs(count, pauses, error.retryAfterMs), AbortSignal.any([woken, closing.signal]));
      return false;
    }
  };
  /** Sends one prompt after the other, so that the gateway gets them in their order. */
  const sendAll = async () => {
    if (isSending) return;
    isSending = true;
    let count = 0;
    while (!closing.signal.aborted) {
      const next = prompts.peek().find(({ refusal }) => refusal === undefined);
      if (next === undefined) break;
      count += 1;
      if (await attempt(next, count)) count = 0;
    }
    isSending = false;
  };
  const wake = () => {
    waking.abort();
    waking = new AbortController();
    void sendAll();
  };

  return {
    prompts,
    take(taken) {
      const ids = new Set(prompts.value.map(({ requestId }) => requestId));
      set([...taken.filter(({ requestId }) => !ids.has(requestId)), ...prompts.value]);
      void sendAll();
    },
    giveAll() {
      const given = prompts.value.map(toStored);
      set([]);
      return given;
    },
    add(prompt, more) {
      const length = prompts.value.reduce((sum, each) => sum + each.prompt.length, prompt.length);
      if (prompts.value.length >= maxPrompts || (length > maxLength && prompts.value.length > 0)) {
        return 'Too many prompts wait to be sent. Wait until they are sent, or discard some.';
      }
      set([...prompts.value, { requestId: randomId(), prompt, ...more }]);
      void sendAll();
      return undefined;
    },
    wake,
    retry(requestId) {
      const refused = prompts.peek().find((each) => each.requestId === requestId);
      const isOvertaken = refused?.hasMoved === true;
      update(requestId, {
        refusal: undefined,
        hasMoved: undefined,
        ...(isOvertaken && { expectedHead: undefined }),
      });
      wake();
    },
    discard,
    close() {
      closing.abort();
      set([]);
    },
  };
}

/** A reload begins with a new first attempt, so the delay of the last one is not kept. */
function toStored({ delay: _, ...stored }: PendingPrompt): StoredPrompt {
  return stored;
}

/** Whether the prompt may be accepted later: the gateway is away or busy, or the user has to sign in. */
function isLater(error: GatewayError): boolean {
  return error.isPassing || error.isUnauthenticated;
}
