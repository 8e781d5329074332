import { useEffect, useState } from 'preact/hooks';
import { Alert } from '../controls/alert.tsx';
import { hashOf } from '../state/address.ts';
import type { StoredSession } from '../state/session.ts';
import { useApp } from './app-context.ts';
import { NoticeView } from './notice-view.tsx';
import { archive } from './session-menu.tsx';
import { SessionView } from './session-view.tsx';
import { ShortcutHelp } from './shortcut-help.tsx';
import { shortcutsOf } from './shortcuts.ts';
import { Sidebar } from './sidebar.tsx';
import { SignIn } from './sign-in.tsx';
import { useShortcuts } from './use-shortcuts.ts';
import { useSidebar } from './use-sidebar.ts';

/** Undefined if there is no text yet. */
function newestAnswer({ messageList }: StoredSession): string | undefined {
  const answers = messageList.messages.value.filter(({ role }) => role === 'ASSISTANT');
  return answers.findLast(({ state }) => state.value.content.trim() !== '')?.state.value.content;
}

export function Page() {
  const app = useApp();
  const { account, session, notices } = app;
  const [isHelpOpen, setHelpOpen] = useState(false);
  const sidebar = useSidebar();
  const { value: shown } = session;
  // Opening a session closes the drawer, which would cover the session on a narrow screen.
  useEffect(sidebar.close, [shown]);
  const shortcuts = shortcutsOf({
    toggleSidebar: sidebar.toggle,
    search: sidebar.search,
    showHelp: () => setHelpOpen(true),
    copyAnswer() {
      const answer = shown.kind === 'stored' ? newestAnswer(shown) : undefined;
      if (answer === undefined || !navigator.clipboard) return false;
      void navigator.clipboard.writeText(answer).then(
        () => notices.show('The newest answer is in the clipboard.'),
        () => notices.show('The browser does not let this page copy.'),
      );
      return true;
    },
    archive() {
      const state = shown.kind === 'stored' ? shown.state.value : undefined;
      if (state) void archive(app, state);
      return state !== undefined;
    },
    startSession() {
      location.hash = hashOf(undefined);
    },
    stop() {
      if (shown.kind === 'new' || !shown.stopper.isNeeded.value) return false;
      void shown.stopper.stop();
      return true;
    },
  });
  useShortcuts(shortcuts);
  const key = shown.kind === 'stored' ? shown.sessionId : 'new';
  return (
    <div class={`page ${sidebar.className}`}>
      <Sidebar close={sidebar.close} isOpen={sidebar.isDrawerOpen} showHelp={() => setHelpOpen(true)} />
      <main inert={sidebar.isDrawerOpen}>
        {account.viewer.value ? (
          <SessionView key={key} session={shown} openDrawer={sidebar.open} />
        ) : (
          <div class="centred">
            <Alert problem={account.problem.value && `${account.problem.value} Trying again…`} />
          </div>
        )}
      </main>
      <NoticeView />
      <SignIn />
      {isHelpOpen && <ShortcutHelp shortcuts={shortcuts} onClose={() => setHelpOpen(false)} />}
    </div>
  );
}
