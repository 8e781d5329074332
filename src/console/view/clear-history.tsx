import { useState } from 'preact/hooks';
import type { StoredSession } from '../state/session.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

/** Deletes the messages of a session, after a confirmation. */
export function ClearHistory({ session }: { session: StoredSession }) {
  const [isAsking, setAsking] = useState(false);
  const hasMessages = session.messageList.messages.value.length > 0;
  return (
    <>
      {hasMessages && (
        <button type="button" class="quiet small" onClick={() => setAsking(true)}>
          Clear history…
        </button>
      )}
      {isAsking && (
        <ConfirmDialog
          title="Clear the history of this session?"
          action="Clear history"
          act={session.clearHistory}
          onClose={() => setAsking(false)}
        >
          All its messages and recordings will be deleted. Its settings and its nodes stay.
        </ConfirmDialog>
      )}
    </>
  );
}
