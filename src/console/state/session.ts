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
import { titleOf } from './session-title.ts';
import { type Conversation, openConversation } from './synced-session.ts';

/** A session that will be created with the first prompt. */
export interface NewRoom {
  readonly kind: 'new';
  readonly composer: Composer;
  readonly input: Signal<CreateSessionInput>;
}

/** A session that is open, and what can be done in it. */
export interface SessionRoom {
  readonly kind: 'session';
  readonly composer: Composer;
  readonly conversation: Conversation;
  /** @throws GatewayError, as do the others. */
  update(input: UpdateSessionInput): Promise<void>;
  attach(nodeId: string): Promise<void>;
  detach(nodeId: string): Promise<void>;
}

export type Room = NewRoom | SessionRoom;

export function openNewRoom(send: (input: CreateSessionInput, prompt: string) => Promise<void>): NewRoom {
  const input = signal<CreateSessionInput>({});
  return { kind: 'new', input, composer: createComposer('new', (prompt) => send(input.value, prompt)) };
}

export function openSessionRoom(ask: Ask, link: Link, list: SessionList, sessionId: string): SessionRoom {
  const conversation = openConversation(ask, link, sessionId);
  const show = (session: SessionStateFragment) =>
    batch(() => {
      conversation.update(session);
      list.put(session);
    });
  const update = async (input: UpdateSessionInput) => {
    show((await ask(UpdateSessionDocument, { id: sessionId, input })).updateSession);
  };
  const send: Send = async (prompt, requestId) => {
    // A session that is still answering does so first.
    const input = { sessionId, prompt, requestId, onBusy: 'ENQUEUE' as const };
    const { userMessage, assistantMessage } = (await ask(SendMessageDocument, { input })).sendMessage;
    for (const message of [userMessage, assistantMessage]) {
      if (message) conversation.transcript.add(message);
    }
    if (conversation.session.value?.title === null) {
      // The prompt was sent, whatever becomes of the title.
      await update({ title: titleOf(prompt) }).catch(() => undefined);
    }
  };
  return {
    kind: 'session',
    composer: createComposer(sessionId, send),
    conversation,
    update,
    async attach(nodeId) {
      show((await ask(AttachNodeDocument, { sessionId, nodeId })).attachNodes);
    },
    async detach(nodeId) {
      show((await ask(DetachNodeDocument, { sessionId, nodeId })).detachNode);
    },
  };
}
