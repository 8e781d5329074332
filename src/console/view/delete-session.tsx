import { useEffect, useRef } from 'preact/hooks';
import type { SessionNameFragment } from '../../gql/console/graphql.ts';
import { Alert } from '../controls/alert.tsx';
import { hashOf } from '../state/app.ts';
import { useApp } from './app-context.ts';
import { nameOf } from './name-of.ts';
import { useAttempt } from './use-attempt.ts';

export interface DeleteSessionProps {
  session: SessionNameFragment;
  close(): void;
}

/** Asks before a session is deleted. */
export function DeleteSession({ session, close }: DeleteSessionProps) {
  const { list, room } = useApp();
  const { isBusy, problem, attempt } = useAttempt();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const remove = async () => {
    const { value: open } = room;
    if (!(await attempt(() => list.delete(session.id)))) return;
    if (open.kind === 'session' && open.conversation.sessionId === session.id)
      location.hash = hashOf(undefined);
    close();
  };
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="delete-title">
      <h2 id="delete-title">Delete this session?</h2>
      <p>“{nameOf(session)}” and all of its messages will be gone. What it is doing right now is stopped.</p>
      <Alert problem={problem} />
      <div class="actions">
        <button type="button" onClick={() => dialog.current?.close()}>
          Keep it
        </button>
        <button type="button" class="danger" disabled={isBusy} onClick={remove}>
          Delete
        </button>
      </div>
    </dialog>
  );
}
