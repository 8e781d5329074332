import { Alert } from '../controls/alert.tsx';
import { CopyButton } from '../controls/copy-button.tsx';
import { answerNote, stoppedNote } from '../state/answer-note.ts';
import { isWithdrawn, type Message } from '../state/message.ts';
import type { MessageState } from '../state/message-state.ts';
import { AnswerParts } from './answer-parts.tsx';
import { Attachments } from './attachment-chip.tsx';
import { RecordingView } from './recording-view.tsx';
import { RetryNote } from './retry-note.tsx';

export function MessageView({ message }: { message: Message }) {
  const { role, runId } = message;
  const state = message.state.value;
  const when = new Date(message.createdAt).toLocaleString();
  if (role === 'USER') {
    const withdrawn = isWithdrawn(message);
    return (
      <article class={`message prompt${withdrawn ? ' withdrawn' : ''}`} aria-label="You" title={when}>
        <Attachments attachments={message.attachments} />
        <p dir="auto">{state.content}</p>
        {withdrawn && <p class="note">Withdrawn: no model was shown this prompt.</p>}
        <RecordingView message={message} />
      </article>
    );
  }
  return (
    <article class="message answer" aria-label="Answer" title={when} aria-busy={state.status === 'STREAMING'}>
      <Answer state={state} runId={runId} />
      {state.status !== 'STREAMING' && state.content.trim() !== '' && (
        <div class="message-actions">
          <CopyButton text={state.content} />
          <RecordingView message={message} />
        </div>
      )}
    </article>
  );
}

function Answer({ state, runId }: { state: MessageState; runId: string | undefined }) {
  const { status, omittedMessages, failure } = state;
  const isLive = status === 'STREAMING';
  const note = stoppedNote(state) ?? answerNote(state);
  return (
    <>
      {omittedMessages > 0 && (
        <p class="note">
          This session is too long for the model. The model did not see the oldest {omittedMessages} messages.
        </p>
      )}
      <AnswerParts state={state} runId={runId} />
      {isLive && <Progress state={state} />}
      {(status === 'FAILED' || status === 'INTERRUPTED') && (
        <Alert problem={failure ?? 'The gateway stopped before the answer was finished.'} />
      )}
      {note !== undefined && <p class="note">{note}</p>}
    </>
  );
}

function Progress({ state }: { state: MessageState }) {
  const isWaiting = state.toolCalls.some(({ status }) => status === 'AWAITING_APPROVAL');
  return (
    <p class="note progress">
      <span class="pulse" aria-hidden="true" />{' '}
      {state.isQueued && 'Waiting for the previous answer to finish'}
      {state.hasGap && 'The text appears when the answer is complete'}
      {isWaiting && 'Waiting for your approval'}
      {state.retry && <RetryNote retry={state.retry} />}
    </p>
  );
}
