import { batch, type Signal, signal } from '@preact/signals';
import {
  AttachNodeDocument,
  type CreateSessionInput,
  DetachNodeDocument,
  SendMessageDocument,
  type SessionStateFragment,
  UpdateSessionDocument,
  type UpdateSessionInput,
} from '../../gql/console/graphql.ts';
import type { Ask } from '../gateway/ask.ts';
import type { Link } from '../gateway/link.ts';
import { type Composer, createComposer, type Send } from './composer.ts';
import type { SessionList } from './session-list.ts';
import { titleFromPrompt } from './session-title.ts';
import { createStopper, type Stopper } from './stopper.ts';
import { type SyncedSession, syncSession } from './synced-session.ts';

/** A session that the gateway creates with the first prompt. */
export interface NewSession {
  readonly kind: 'new';
  readonly composer: Composer;
  readonly input: Signal<CreateSessionInput>;
}

/** A session that the gateway has stored. */
export interface StoredSession extends SyncedSession {
  readonly kind: 'stored';
  readonly composer: Composer;
  readonly stopper: Stopper;
  /** @throws GatewayError */
  update(input: UpdateSessionInput): Promise<void>;
  /** @throws GatewayError */
  attach(nodeId: string): Promise<void>;
  /** @throws GatewayError */
  detach(nodeId: string): Promise<void>;
}

/** The session that the page shows. */
export type Session = NewSession | StoredSession;

/** @param send Creates the session and sends the prompt to it. */
export function createNewSession(
  send: (input: CreateSessionInput, prompt: string) => Promise<void>,
): NewSession {
  const input = signal<CreateSessionInput>({});
  return { kind: 'new', input, composer: createComposer('new', (prompt) => send(input.value, prompt)) };
}

export function openStoredSession(
  ask: Ask,
  link: Link,
  sessionList: SessionList,
  sessionId: string,
): StoredSession {
  const synced = syncSession(ask, link, sessionId);
  const show = (state: SessionStateFragment) =>
    batch(() => {
      synced.show(state);
      sessionList.put(state);
    });
  const update = async (input: UpdateSessionInput) => {
    show((await ask(UpdateSessionDocument, { id: sessionId, input })).updateSession);
  };
  const send: Send = async (prompt, requestId) => {
    const input = { sessionId, prompt, requestId, onBusy: 'ENQUEUE' as const };
    const { userMessage, assistantMessage } = (await ask(SendMessageDocument, { input })).sendMessage;
    for (const message of [userMessage, assistantMessage]) {
      if (message) synced.messageList.add(message);
    }
    if (synced.state.value?.title === null) {
      // The prompt was sent: a title that cannot be stored must not look like a failed prompt.
      await update({ title: titleFromPrompt(prompt) }).catch(() => undefined);
    }
  };
  return {
    ...synced,
    kind: 'stored',
    composer: createComposer(sessionId, send),
    stopper: createStopper(ask, synced.messageList),
    update,
    async attach(nodeId) {
      show((await ask(AttachNodeDocument, { sessionId, nodeId })).attachNodes);
    },
    async detach(nodeId) {
      show((await ask(DetachNodeDocument, { sessionId, nodeId })).detachNode);
    },
  };
}
