import { useEffect, useRef } from 'preact/hooks';
import { Alert } from '../controls/alert.tsx';
import type { StoredSession } from '../state/session.ts';
import { useAttempt } from './use-attempt.ts';

/** A dialog that asks for confirmation before it deletes the messages of a session. */
export function ClearHistory({ session, close }: { session: StoredSession; close(): void }) {
  const { isBusy, problem, attempt } = useAttempt();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const clear = async () => {
    if (await attempt(session.clearHistory)) close();
  };
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="clear-title">
      <h2 id="clear-title">Clear the history of this session?</h2>
      <p>All its messages and recordings will be deleted. Its settings and its nodes stay.</p>
      <Alert problem={problem} />
      <div class="actions">
        <button type="button" onClick={() => dialog.current?.close()}>
          Cancel
        </button>
        <button type="button" class="danger" disabled={isBusy} onClick={clear}>
          Clear history
        </button>
      </div>
    </dialog>
  );
}
