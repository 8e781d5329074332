import type { CreateSessionInput } from '../../gql/console/graphql.ts';

/** A prompt that the gateway has not accepted yet. */
export interface StoredPrompt {
  /** Stays the same however often the prompt is sent, so that the gateway answers it once. */
  readonly requestId: string;
  readonly prompt: string;
  /** The settings of the session that is created for it; undefined where the session exists. */
  readonly input?: CreateSessionInput | undefined;
  /** Why the gateway refused it; undefined while it is to be sent. */
  readonly refusal?: string | undefined;
}

const prefix = 'switchyard.outbox.';

interface StoredOutbox {
  /** Only this user's prompts are sent: another user may sign in after a reload. */
  readonly userId: string;
  readonly prompts: readonly StoredPrompt[];
}

/** Prompts that wait to be sent, by session. The session storage keeps them over a reload of the tab. */
export const outboxStore = {
  read(userId: string): Map<string, readonly StoredPrompt[]> {
    const names = Object.keys(sessionStorage).filter((name) => name.startsWith(prefix));
    return new Map(
      names.flatMap((name) => {
        const stored = JSON.parse(sessionStorage.getItem(name) ?? '{}') as StoredOutbox;
        return stored.userId === userId ? [[name.slice(prefix.length), stored.prompts]] : [];
      }),
    );
  },
  /** @param key The id of a session; `new` for a new session. */
  write(key: string, userId: string, prompts: readonly StoredPrompt[]): void {
    if (prompts.length === 0) {
      sessionStorage.removeItem(prefix + key);
      return;
    }
    try {
      sessionStorage.setItem(prefix + key, JSON.stringify({ userId, prompts } satisfies StoredOutbox));
    } catch {
      // The storage is full or switched off. The page still has the prompts and sends them, but a reload loses them.
    }
  },
  clear(): void {
    for (const name of Object.keys(sessionStorage)) {
      if (name.startsWith(prefix)) sessionStorage.removeItem(name);
    }
  },
};
