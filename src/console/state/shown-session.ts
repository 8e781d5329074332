import { effect, type ReadonlySignal, signal } from '@preact/signals';
import { CreateSessionDocument, type CreateSessionInput } from '../../gql/console/graphql.ts';
import type { Ask } from '../gateway/ask.ts';
import type { Link } from '../gateway/link.ts';
import { hashOf, sessionIdOf } from './address.ts';
import { draftStore, newDraft } from './draft-store.ts';
import { createNewSession, openStoredSession, type Session } from './session.ts';
import type { SessionList } from './session-list.ts';
import { titleFromPrompt } from './session-title.ts';

export interface ShownSession {
  readonly session: ReadonlySignal<Session>;
  /** Shows the session that the address names, or a new one. */
  openAddress(): void;
  /** Shows a new session and removes the old one from the address. */
  reset(): void;
}

export function createShownSession(ask: Ask, link: Link, sessionList: SessionList): ShownSession {
  const createAndSend = async (input: CreateSessionInput, prompt: string) => {
    const title = input.title ?? titleFromPrompt(prompt);
    const { createSession } = await ask(CreateSessionDocument, { input: { ...input, title } });
    sessionList.add(createSession);
    draftStore.write(createSession.id, newDraft(prompt));
    draftStore.write('new', newDraft(''));
    location.hash = hashOf(createSession.id);
    openAddress();
    // The composer of the created session now has the prompt, and shows an error if sending fails.
    void session.value.composer.submit();
  };
  const createNew = () => createNewSession(createAndSend);
  const session = signal<Session>(createNew());

  const show = (next: Session) => {
    if (session.value.kind === 'stored') session.value[Symbol.dispose]();
    session.value = next;
  };
  const openAddress = () => {
    const sessionId = sessionIdOf(location.hash);
    const shownId = session.value.kind === 'stored' ? session.value.sessionId : '';
    if (shownId === sessionId) return;
    show(sessionId === '' ? createNew() : openStoredSession(ask, link, sessionList, sessionId));
  };
  keepListCurrent(session, sessionList);
  keepTitleCurrent(session);
  return {
    session,
    openAddress,
    reset() {
      history.replaceState(null, '', location.pathname);
      show(createNew());
    },
  };
}

function keepListCurrent(session: ReadonlySignal<Session>, sessionList: SessionList): void {
  effect(() => {
    if (session.value.kind !== 'stored') return;
    const { state, isGone, sessionId } = session.value;
    if (isGone.value) sessionList.remove(sessionId);
    else if (state.value) sessionList.put(state.value);
  });
}

function keepTitleCurrent(session: ReadonlySignal<Session>): void {
  effect(() => {
    const title = session.value.kind === 'stored' ? session.value.state.value?.title : undefined;
    document.title = title ? `${title} · Switchyard` : 'Switchyard';
  });
}
