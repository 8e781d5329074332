import type { AttachmentPartsFragment, CreateSessionInput } from '../../gql/console/graphql.ts';
import { createTabStorage } from './tab-storage.ts';

/** A prompt that the gateway has not accepted yet. */
export interface StoredPrompt {
  /** Stays the same however often the prompt is sent, so that the gateway answers it once. */
  readonly requestId: string;
  readonly prompt: string;
  /** Files of the session that go with it. */
  readonly attachments?: readonly AttachmentPartsFragment[] | undefined;
  /** Whether it is to join the answer that is being written. */
  readonly isSteering?: boolean | undefined;
  /**
   * The newest message that the user saw when writing the prompt. If the conversation has moved on, the gateway refuses
   * the prompt, and the user decides. Undefined: the prompt is sent in any case.
   */
  readonly expectedHead?: string | undefined;
  /** Whether the gateway refused it because the conversation has moved on. */
  readonly hasMoved?: boolean | undefined;
  /** The settings of the session that is created for it; undefined where the session exists. */
  readonly input?: CreateSessionInput | undefined;
  /** Why the gateway refused it; undefined while it is to be sent. */
  readonly refusal?: string | undefined;
}

interface StoredOutbox {
  /** Only this user's prompts are sent: another user may sign in after a reload. */
  readonly userId: string;
  readonly prompts: readonly StoredPrompt[];
}

const storage = createTabStorage('switchyard.outbox.');

/** Prompts that wait to be sent, by session. The session storage keeps them over a reload of the tab. */
export const outboxStore = {
  read(userId: string): Map<string, readonly StoredPrompt[]> {
    return new Map(
      storage.keys().flatMap((key) => {
        const stored = JSON.parse(storage.read(key) ?? '{}') as StoredOutbox;
        return stored.userId === userId ? [[key, stored.prompts]] : [];
      }),
    );
  },
  /** @param key The id of a session; `new` for a new session. */
  write(key: string, userId: string, prompts: readonly StoredPrompt[]): void {
    const stored: StoredOutbox = { userId, prompts };
    storage.write(key, prompts.length === 0 ? '' : JSON.stringify(stored));
  },
  clear: storage.clear,
};
