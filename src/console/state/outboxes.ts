import { createOutbox, type Outbox } from './outbox.ts';
import { outboxStore, type StoredPrompt } from './outbox-store.ts';

/** The outboxes of all sessions. They go on sending when the page shows another session. */
export interface Outboxes {
  /** @param key The id of a session; `new` for a new session. */
  of(key: string): Outbox;
  /** Sends what waits, also the prompts that the tab had before it was reloaded. */
  start(): void;
  /** Sends what waits at once, because the gateway is back. */
  wake(): void;
  /** Forgets all prompts. */
  clear(): void;
}

export interface OutboxesOptions {
  /** The user whose prompts these are. */
  userId(): string;
  /** As in the options of `createOutbox`. */
  send(key: string, prompt: StoredPrompt): Promise<string | undefined>;
}

/** The key of the outbox of a new session. */
export const newSessionKey = 'new';

export function createOutboxes({ userId, send }: OutboxesOptions): Outboxes {
  const opened = new Map<string, Outbox>();
  const open = (key: string) => {
    const outbox = createOutbox({
      send: (prompt) => send(key, prompt),
      keep: (prompts) => outboxStore.write(key, userId(), prompts),
    });
    opened.set(key, outbox);
    return outbox;
  };
  const of = (key: string) => opened.get(key) ?? open(key);
  const wake = () => {
    for (const outbox of opened.values()) outbox.wake();
  };
  return {
    of,
    start() {
      for (const [key, prompts] of outboxStore.read(userId())) of(key).take(prompts);
      wake();
    },
    wake,
    clear() {
      for (const outbox of opened.values()) outbox.close();
      opened.clear();
      outboxStore.clear();
    },
  };
}
