import { useEffect, useRef } from 'preact/hooks';
import type { SessionNameFragment } from '../../gql/console/graphql.ts';
import { ActionButton } from '../controls/action-button.tsx';
import { Alert } from '../controls/alert.tsx';
import { hashOf } from '../state/address.ts';
import { displayedTitle } from '../state/session-title.ts';
import { useApp } from './app-context.ts';
import { useAttempt } from './use-attempt.ts';

export interface DeleteSessionProps {
  session: SessionNameFragment;
  close(): void;
}

/** A dialog that asks for confirmation before it deletes a session. */
export function DeleteSession({ session, close }: DeleteSessionProps) {
  const app = useApp();
  const { isBusy, problem, attempt } = useAttempt();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const remove = async () => {
    const { value: shown } = app.session;
    const isShown = shown.kind === 'stored' && shown.sessionId === session.id;
    if (!(await attempt(() => app.sessionList.delete(session.id)))) return;
    if (isShown) location.hash = hashOf(undefined);
    close();
  };
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="delete-title">
      <h2 id="delete-title">Delete this session?</h2>
      <p>
        “<bdi>{displayedTitle(session)}</bdi>” and all its messages will be deleted. A running answer will be
        stopped.
      </p>
      <Alert problem={problem} />
      <div class="actions">
        <button type="button" onClick={() => dialog.current?.close()}>
          Cancel
        </button>
        <ActionButton class="danger" isBusy={isBusy} act={remove}>
          Delete
        </ActionButton>
      </div>
    </dialog>
  );
}
