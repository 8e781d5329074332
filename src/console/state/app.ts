import { effect, type ReadonlySignal, signal, untracked } from '@preact/signals';
import { CreateSessionDocument } from '../../gql/console/graphql.ts';
import { type Ask, createAsk } from '../gateway/ask.ts';
import { type Identity, openIdentity } from '../gateway/identity.ts';
import { createLink, type Link } from '../gateway/link.ts';
import { type Account, createAccount } from './account.ts';
import { draftStore, newDraft } from './draft-store.ts';
import { createNodeList, type NodeList } from './node-list.ts';
import { openNewRoom, openSessionRoom, type Room } from './session.ts';
import { createSessionList, type SessionList } from './session-list.ts';
import { titleOf } from './session-title.ts';

/** All that the page knows and can do. */
export interface App {
  readonly ask: Ask;
  readonly link: Link;
  readonly identity: Identity;
  readonly account: Account;
  readonly list: SessionList;
  readonly nodes: NodeList;
  readonly room: ReadonlySignal<Room>;
  /** Opens the session that the address names, or a new one. */
  openAddress(): void;
  /** Loads whatever is shown, as the user whose token there is. */
  load(): Promise<void>;
  signIn(token: string): Promise<void>;
  signOut(): void;
}

/** The address of a session on this page. */
export function hashOf(sessionId: string | undefined): string {
  return sessionId === undefined ? '#' : `#${encodeURIComponent(sessionId)}`;
}

function sessionIdOf(hash: string): string {
  try {
    return decodeURIComponent(hash.slice(1));
  } catch {
    return hash.slice(1);
  }
}

export function createApp(): App {
  const identity = openIdentity();
  const link = createLink(identity);
  const ask = createAsk(link.client, identity);
  const account = createAccount(ask, identity);
  const list = createSessionList(ask);
  const nodes = createNodeList(ask);

  const newRoom = () =>
    openNewRoom(async (input, prompt) => {
      const created = (
        await ask(CreateSessionDocument, { input: { ...input, title: input.title ?? titleOf(prompt) } })
      ).createSession;
      list.add(created);
      draftStore.write(created.id, newDraft(prompt));
      draftStore.write('new', newDraft(''));
      location.hash = hashOf(created.id);
      openAddress();
      // From here on the prompt is in the composer of the session, and so is what becomes of it.
      void room.value.composer.submit();
    });
  const room = signal<Room>(newRoom());

  const openAddress = () => {
    const sessionId = sessionIdOf(location.hash);
    const { value: open } = room;
    const openId = open.kind === 'session' ? open.conversation.sessionId : '';
    if (openId === sessionId) return;
    if (open.kind === 'session') open.conversation[Symbol.dispose]();
    room.value = sessionId === '' ? newRoom() : openSessionRoom(ask, link, list, sessionId);
  };
  /** Whoever signs in next sees nothing of who was here before. */
  const forgetAll = () => {
    draftStore.clear();
    list.clear();
    if (room.value.kind === 'session') room.value.conversation[Symbol.dispose]();
    history.replaceState(null, '', location.pathname);
    room.value = newRoom();
  };
  effect(() => {
    if (room.value.kind !== 'session') return;
    const { session, isGone, sessionId } = room.value.conversation;
    if (isGone.value) list.remove(sessionId);
    else if (session.value) list.put(session.value);
  });
  effect(() => {
    const session = room.value.kind === 'session' ? room.value.conversation.session.value : undefined;
    document.title = session?.title ? `${session.title} · Switchyard` : 'Switchyard';
  });
  effect(() => {
    // What was missed of the list while there was no connection.
    if (link.trouble.value === undefined && untracked(() => list.isLoaded.value)) void list.reload();
  });
  const load = async () => {
    const before = account.viewer.value?.userId;
    if (!(await account.load())) return;
    if (before !== undefined && before !== account.viewer.value?.userId) forgetAll();
    link.wake();
    await list.reload();
    if (room.value.kind === 'session') await room.value.conversation.reload();
  };

  return {
    ask,
    link,
    identity,
    account,
    list,
    nodes,
    room,
    openAddress,
    load,
    async signIn(token) {
      identity.keep(token);
      await load();
    },
    signOut() {
      identity.forget();
      draftStore.clear();
      // Nothing of what was shown stays, not even in memory.
      history.replaceState(null, '', location.pathname);
      location.reload();
    },
  };
}
