import { useRef } from 'preact/hooks';
import { randomId } from '../../client/random-id.ts';
import { ActionButton } from '../controls/action-button.tsx';
import { Alert } from '../controls/alert.tsx';
import { isWithdrawn, type Message } from '../state/message.ts';
import type { StoredSession } from '../state/session.ts';
import { useAttempt } from './use-attempt.ts';

/**
 * Offers to go on where the newest answer was stopped or has failed: its prompt is answered once more, beside it. A prompt
 * that was withdrawn is sent again, because no model was shown it.
 */
export function RetryPrompt({ session }: { session: StoredSession }) {
  const newest = session.messageList.shown.value.at(-1);
  if (newest === undefined || session.outbox.prompts.value.length > 0) return null;
  if (isWithdrawn(newest)) {
    const prompt = newest.state.value.content;
    return (
      <div class="retry">
        <button type="button" class="small" title={prompt} onClick={() => session.outbox.add(prompt)}>
          Retry: send the prompt again
        </button>
      </div>
    );
  }
  return isBroken(newest) ? <RetryAnswer key={newest.id} session={session} answer={newest} /> : null;
}

function isBroken({ role, parentId, state }: Message): boolean {
  const { status } = state.value;
  const isOver = status === 'CANCELLED' || status === 'FAILED' || status === 'INTERRUPTED';
  return role === 'ASSISTANT' && isOver && parentId != null;
}

function RetryAnswer({ session: { branches }, answer }: { session: StoredSession; answer: Message }) {
  const { isBusy, problem, attempt } = useAttempt();
  /** It stays the same when the request is sent once more, so that the gateway answers it once. */
  const requestId = useRef(randomId());
  return (
    <div class="retry">
      <ActionButton
        class="small"
        title="The prompt is answered once more. What was written stays as another version."
        isBusy={isBusy}
        act={() => attempt(() => branches.answerAgain(answer, requestId.current))}
      >
        Retry: answer the prompt again
      </ActionButton>
      <Alert problem={problem} />
    </div>
  );
}
