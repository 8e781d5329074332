import { effect, type ReadonlySignal, type Signal, untracked } from '@preact/signals';
import { type Ask, createAsk } from '../gateway/ask.ts';
import { type Identity, openIdentity } from '../gateway/identity.ts';
import { createLink, type Link } from '../gateway/link.ts';
import { createTabs } from '../gateway/tell-tabs.ts';
import { type Account, createAccount } from './account.ts';
import { type AttachedFiles, createAttachedFiles } from './attached-files.ts';
import { draftStore } from './draft-store.ts';
import { createNodeList, type NodeList } from './node-list.ts';
import { createNotices, type Notices } from './notices.ts';
import type { Outboxes } from './outboxes.ts';
import { createRecordings, type Recordings } from './recordings.ts';
import type { Session } from './session.ts';
import { createSessionList, type SessionList } from './session-list.ts';
import { createSessionSearch, type SessionSearch } from './session-search.ts';
import { createShownSession } from './shown-session.ts';
import { createTagList, type TagList } from './tag-list.ts';
import { openTheme, type Theme } from './theme.ts';
import { createToday } from './today.ts';
import { createViewerWatch } from './viewer-watch.ts';

/** The state of the page, and the actions that change it. */
export interface App {
  readonly ask: Ask;
  readonly link: Link;
  readonly identity: Identity;
  readonly account: Account;
  readonly sessionList: SessionList;
  readonly sessionSearch: SessionSearch;
  readonly tagList: TagList;
  /** A moment of the present day, in milliseconds since the epoch. */
  readonly today: ReadonlySignal<number>;
  readonly nodeList: NodeList;
  readonly recordings: Recordings;
  readonly attachedFiles: AttachedFiles;
  readonly theme: Signal<Theme>;
  readonly notices: Notices;
  /** The session that the page shows. */
  readonly session: ReadonlySignal<Session>;
  /** Shows the session that the address names, or a new one. */
  openAddress(): void;
  /**
   * Attaches files to the next prompt of the shown session.
   *
   * @throws GatewayError
   */
  attach(files: readonly File[]): Promise<void>;
  /** Loads the user of the present token, the list of sessions and the shown session. */
  load(): Promise<void>;
  signIn(token: string): Promise<void>;
  signOut(): void;
}

export function createApp(): App {
  const identity = openIdentity();
  const link = createLink(identity);
  const ask = createAsk(link.client, identity);
  const account = createAccount(ask, identity);
  const recordingTabs = createTabs('recordings');
  const sessionSearch = createSessionSearch(ask);
  const sessionList = createSessionList(ask, sessionSearch.reload);
  const tagList = createTagList(ask);
  const viewerWatch = createViewerWatch({
    link,
    sessionList,
    changed: sessionSearch.reload,
    tagsChanged: tagList.reload,
  });
  const nodeList = createNodeList(ask);
  const userId = () => account.viewer.value?.userId ?? '';
  const attachedFiles = createAttachedFiles(ask, identity, userId);
  const shown = createShownSession({ ask, link, sessionList, attachedFiles, userId });
  const { session, outboxes, openAddress, reset } = shown;
  const recordings = createRecordings({
    ask,
    identity,
    show(messageId, recording) {
      if (session.value.kind === 'stored') {
        const { messageList, jump } = session.value;
        // A message of an excerpt may be in both lists.
        for (const list of new Set([messageList, jump.shown.peek()]))
          list.showRecording(messageId, recording);
      }
      recordingTabs.tell();
    },
  });
  recordingTabs.listen(() => session.value.kind === 'stored' && session.value.reload());
  goOnAfterReconnect(outboxes, link);
  window.addEventListener('online', outboxes.wake);

  const load = async () => {
    const before = account.viewer.value?.userId;
    if (!(await account.load())) return;
    if (before !== undefined && before !== account.viewer.value?.userId) {
      // Another user has signed in and must not see the data of the previous one.
      draftStore.clear();
      sessionList.clear();
      tagList.clear();
      sessionSearch.write('');
      recordings.clear();
      attachedFiles.clear();
      reset();
    }
    link.wake();
    outboxes.start();
    if (before !== account.viewer.value?.userId) viewerWatch.restart();
    await sessionList.reload();
    if (session.value.kind === 'stored') await session.value.reload();
  };

  return {
    ask,
    link,
    identity,
    account,
    sessionList,
    sessionSearch,
    tagList,
    today: createToday(),
    nodeList,
    recordings,
    attachedFiles,
    theme: openTheme(),
    notices: createNotices(),
    session,
    openAddress,
    attach: shown.attach,
    load,
    async signIn(token) {
      identity.keep(token);
      await load();
    },
    signOut() {
      identity.forget();
      draftStore.clear();
      attachedFiles.clear();
      outboxes.clear();
      // Reload the page, so that no data of the user stays in memory.
      history.replaceState(null, '', location.pathname);
      location.reload();
    },
  };
}

/** After a lost connection: sends the prompts that wait. */
function goOnAfterReconnect(outboxes: Outboxes, link: Link): void {
  effect(() => {
    if (link.trouble.value !== undefined) return;
    untracked(outboxes.wake);
  });
}
