import type { StoredSession } from '../state/session.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

/** A dialog that asks for confirmation before it deletes the messages of a session. */
export function ClearHistory({ session, close }: { session: StoredSession; close(): void }) {
  return (
    <ConfirmDialog
      title="Clear the history of this session?"
      action="Clear history"
      act={session.clearHistory}
      onClose={close}
    >
      All its messages and recordings will be deleted. Its settings and its nodes stay.
    </ConfirmDialog>
  );
}
