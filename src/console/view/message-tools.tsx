import { useState } from 'preact/hooks';
import { ActionButton } from '../controls/action-button.tsx';
import { Alert } from '../controls/alert.tsx';
import { Icon } from '../controls/icon.tsx';
import { hashOf } from '../state/address.ts';
import type { Message } from '../state/message.ts';
import type { StoredSession } from '../state/session.ts';
import { AnswerAgain } from './answer-again.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { useAttempt } from './use-attempt.ts';

interface MessageToolsProps {
  session: StoredSession;
  message: Message;
}

/** The buttons of an ended message: answer again, go on in a new session, delete. */
export function MessageTools({ session, message }: MessageToolsProps) {
  const { branches } = session;
  const { isBusy, problem, attempt } = useAttempt();
  const [isDeleting, setDeleting] = useState(false);
  const fork = () =>
    attempt(async () => {
      location.hash = hashOf(await branches.fork(message.id));
    });
  return (
    <>
      {message.role === 'ASSISTANT' && (
        <AnswerAgain session={session} answer={message} isBusy={isBusy} attempt={attempt} />
      )}
      <ActionButton
        class="quiet small"
        label="Fork from here"
        title="Fork: copies the conversation up to here into a new session"
        isBusy={isBusy}
        act={fork}
      >
        <Icon name="fork" />
      </ActionButton>
      <button
        type="button"
        class="quiet small"
        aria-label="Delete from here"
        title="Delete from here…"
        onClick={() => setDeleting(true)}
      >
        <Icon name="trash" />
      </button>
      <Alert problem={problem} />
      {isDeleting && (
        <ConfirmDialog
          title={message.role === 'USER' ? 'Delete this prompt?' : 'Delete this answer?'}
          action="Delete"
          act={() => branches.delete(message.id)}
          onClose={() => setDeleting(false)}
        >
          It will be deleted with all messages that follow it. Its other versions stay.
        </ConfirmDialog>
      )}
    </>
  );
}
