import type { SessionNameFragment } from '../../gql/console/graphql.ts';
import { hashOf } from '../state/address.ts';
import { displayedTitle } from '../state/session-title.ts';
import { useApp } from './app-context.ts';
import { ConfirmDialog } from './confirm-dialog.tsx';

export interface DeleteSessionProps {
  session: SessionNameFragment;
  close(): void;
}

/** A dialog that asks for confirmation before it deletes a session. */
export function DeleteSession({ session, close }: DeleteSessionProps) {
  const app = useApp();
  const remove = async () => {
    const { value: shown } = app.session;
    const isShown = shown.kind === 'stored' && shown.sessionId === session.id;
    await app.sessionList.delete(session.id);
    if (isShown) location.hash = hashOf(undefined);
  };
  return (
    <ConfirmDialog title="Delete this session?" action="Delete" act={remove} onClose={close}>
      “<bdi>{displayedTitle(session)}</bdi>” and all its messages will be deleted. A running answer will be
      stopped.
    </ConfirmDialog>
  );
}
