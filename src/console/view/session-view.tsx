import type { Session } from '../state/session.ts';
import { Announcer } from './announcer.tsx';
import { ClearHistory } from './clear-history.tsx';
import { ComposerView } from './composer-view.tsx';
import { ConnectionState } from './connection-state.tsx';
import { MessageListView } from './message-list-view.tsx';
import { PendingPrompts } from './pending-prompts.tsx';
import { SessionHeader } from './session-header.tsx';
import { Usage } from './usage.tsx';
import { Welcome } from './welcome.tsx';

export function SessionView({ session, openDrawer }: { session: Session; openDrawer(): void }) {
  return (
    <div class="session">
      <SessionHeader session={session} openDrawer={openDrawer} />
      {session.kind === 'stored' ? (
        <>
          <MessageListView session={session} />
          <Announcer messageList={session.messageList} />
        </>
      ) : session.outbox.prompts.value.length > 0 ? (
        <section class="message-list" aria-label="Messages">
          <div class="messages">
            <PendingPrompts session={session} />
          </div>
        </section>
      ) : (
        <Welcome session={session} />
      )}
      <div class="below">
        <ConnectionState />
        <ComposerView session={session} />
        {session.kind === 'stored' && (
          <footer class="foot">
            <Usage session={session} />
            <ClearHistory session={session} />
          </footer>
        )}
      </div>
    </div>
  );
}
