import { effect, type ReadonlySignal, signal, untracked } from '@preact/signals';
import { GatewayError } from '../../client/errors.ts';
import {
  CreateSessionDocument,
  type CreateSessionInput,
  SendMessageDocument,
} from '../../gql/console/graphql.ts';
import type { Ask } from '../gateway/ask.ts';
import type { Link } from '../gateway/link.ts';
import { addressOf, hashOf } from './address.ts';
import type { AttachedFiles } from './attached-files.ts';
import { draftStore } from './draft-store.ts';
import type { StoredPrompt } from './outbox-store.ts';
import { createOutboxes, newSessionKey, type Outboxes } from './outboxes.ts';
import { createNewSession, openStoredSession, type Session } from './session.ts';
import type { SessionList } from './session-list.ts';
import { displayedTitle } from './session-title.ts';

export interface ShownSession {
  readonly session: ReadonlySignal<Session>;
  readonly outboxes: Outboxes;
  /** Shows the session that the address names, or a new one. */
  openAddress(): void;
  /**
   * Attaches files to the next prompt. A new session is created for them, because files belong to a session.
   *
   * @throws GatewayError
   */
  attach(files: readonly File[]): Promise<void>;
  /** Shows a new session, removes the old one from the address, and forgets the prompts that were not sent. */
  reset(): void;
}

export interface ShownSessionOptions {
  ask: Ask;
  link: Link;
  sessionList: SessionList;
  attachedFiles: AttachedFiles;
  /** The signed-in user. */
  userId(): string;
}

export function createShownSession(options: ShownSessionOptions): ShownSession {
  const { ask, link, sessionList, attachedFiles, userId } = options;
  const outboxes = createOutboxes({
    userId,
    send: (key, prompt) => (key === newSessionKey ? createSession(prompt) : sendTo(key, prompt)),
  });
  const createNew = () => createNewSession(outboxes.of(newSessionKey));
  const session = signal<Session>(createNew());

  const shownAs = (sessionId: string) =>
    session.value.kind === 'stored' && session.value.sessionId === sessionId ? session.value : undefined;
  const sendTo = async (
    sessionId: string,
    { prompt, requestId, isSteering, attachments = [], expectedHead }: StoredPrompt,
  ) => {
    const attachmentIds = attachments.map(({ id }) => id);
    const onBusy = isSteering ? ('STEER' as const) : ('ENQUEUE' as const);
    const input = { sessionId, prompt, requestId, attachmentIds, expectedHead: expectedHead ?? null, onBusy };
    const { sendMessage } = await ask(SendMessageDocument, { input }).catch((error: unknown) => {
      // Shows what the user has not seen yet.
      if (error instanceof GatewayError && error.code === 'HEAD_MOVED') void shownAs(sessionId)?.reload();
      throw error;
    });
    const shown = shownAs(sessionId);
    if (shown) await shown.accepted(sendMessage, prompt);
    sessionList.used(sessionId);
    return sendMessage?.assistantMessage?.id;
  };
  /** Creates a session, and gives it the prompts that wait for it. */
  const createSession = async ({ input = {} }: StoredPrompt) => {
    await create(input);
    return undefined;
  };
  const create = async (input: CreateSessionInput): Promise<string> => {
    const created = (await ask(CreateSessionDocument, { input })).createSession;
    sessionList.add(created);
    outboxes.of(created.id).take(outboxes.of(newSessionKey).giveAll());
    // The user may have opened another session meanwhile.
    if (session.value.kind !== 'new') return created.id;
    draftStore.write(created.id, session.value.composer.text.value);
    draftStore.write(newSessionKey, '');
    location.hash = hashOf(created.id);
    openAddress();
    return created.id;
  };
  let creating: Promise<string> | undefined;
  const attach = async (files: readonly File[]) => {
    const { value: shown } = session;
    if (shown.kind === 'stored') return attachedFiles.add(shown.sessionId, files);
    creating ??= create(shown.input.value).finally(() => {
      creating = undefined;
    });
    attachedFiles.add(await creating, files);
  };

  const show = (next: Session) => {
    if (session.value.kind === 'stored') session.value[Symbol.dispose]();
    session.value = next;
  };
  const open = (sessionId: string) =>
    openStoredSession(ask, link, sessionList, sessionId, {
      outbox: outboxes.of(sessionId),
      attachedFiles,
    });
  const openAddress = () => {
    const { sessionId, messageId } = addressOf(location.hash);
    const shownId = session.value.kind === 'stored' ? session.value.sessionId : '';
    if (shownId !== sessionId) show(sessionId === '' ? createNew() : open(sessionId));
    if (messageId === undefined || session.value.kind === 'new') return;
    void session.value.jump.to(messageId);
    // From now on the address stands for the session: after a reload, the newest messages are shown.
    history.replaceState(null, '', hashOf(sessionId));
  };
  keepListCurrent(session, sessionList);
  keepTitleCurrent(session);
  return {
    session,
    outboxes,
    openAddress,
    attach,
    reset() {
      outboxes.clear();
      history.replaceState(null, '', location.pathname);
      show(createNew());
    },
  };
}

function keepListCurrent(session: ReadonlySignal<Session>, sessionList: SessionList): void {
  effect(() => {
    if (session.value.kind !== 'stored') return;
    const { isGone, sessionId, state } = session.value;
    const [stored, hasGone] = [state.value, isGone.value];
    // The list is read and asked for, and must not run this again when it changes.
    untracked(() => {
      if (hasGone) sessionList.remove(sessionId);
      else if (stored) sessionList.put(stored);
    });
  });
}

function keepTitleCurrent(session: ReadonlySignal<Session>): void {
  effect(() => {
    const state = session.value.kind === 'stored' ? session.value.state.value : undefined;
    document.title = state ? `${displayedTitle(state)} · Switchyard` : 'Switchyard';
  });
}
