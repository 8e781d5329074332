import type { ComponentProps } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { Alert } from '../controls/alert.tsx';
import { CopyButton } from '../controls/copy-button.tsx';
import { Icon } from '../controls/icon.tsx';
import { answerNote, stoppedNote } from '../state/answer-note.ts';
import { isWithdrawn, type Message } from '../state/message.ts';
import type { MessageState } from '../state/message-state.ts';
import type { StoredSession } from '../state/session.ts';
import { AnswerParts } from './answer-parts.tsx';
import { Attachments } from './attachment-chip.tsx';
import { EditPrompt } from './edit-prompt.tsx';
import { MessageTools } from './message-tools.tsx';
import { MessageVersions } from './message-versions.tsx';
import { RecordingView } from './recording-view.tsx';
import { RetryNote } from './retry-note.tsx';
import { SummaryView } from './summary-view.tsx';
import { isQuestion } from './tool-call-text.ts';

interface MessageViewProps {
  session: StoredSession;
  message: Message;
}

/** A message with its buttons. Another version of the message takes its place. */
export function MessageView(props: MessageViewProps) {
  return props.message.role === 'USER' ? <PromptView {...props} /> : <AnswerView {...props} />;
}

function PromptView({ session, message }: MessageViewProps) {
  const [editedId, setEditedId] = useState<string>();
  const pencil = useRef<HTMLButtonElement>(null);
  const { id, createdAt, attachments } = message;
  const { content } = message.state.value;
  const withdrawn = isWithdrawn(message);
  // The user may have gone on to something else when the prompt is sent, so only a cancelled edit moves the focus.
  const close = () => setEditedId((edited) => (edited === id ? undefined : edited));
  const cancel = () => {
    close();
    pencil.current?.focus();
  };
  return (
    <div class="prompt-place">
      {editedId === id ? (
        <EditPrompt key={id} session={session} message={message} sent={close} cancel={cancel} />
      ) : (
        <article
          key={id}
          class={`message prompt${withdrawn ? ' withdrawn' : ''}`}
          aria-label="You"
          title={new Date(createdAt).toLocaleString()}
        >
          <Attachments attachments={attachments} />
          {content !== '' && <p dir="auto">{content}</p>}
          {withdrawn && <p class="note">Withdrawn: no model was shown this prompt.</p>}
          <RecordingView session={session} message={message} />
        </article>
      )}
      <div class="message-actions">
        {content !== '' && <CopyButton text={content} label="Copy the prompt" />}
        <MessageVersions session={session} message={message} />
        {/* A prompt that joined an answer has no answer of its own, so there are no versions of it. */}
        {message.steeredInto.value === undefined && (
          <button
            ref={pencil}
            type="button"
            class="quiet small"
            aria-label="Edit the prompt"
            title="Edit: this prompt stays as another version"
            onClick={() => setEditedId(id)}
          >
            <Icon name="pencil" />
          </button>
        )}
        <MessageTools session={session} message={message} />
      </div>
    </div>
  );
}

function AnswerView({ session, message }: MessageViewProps) {
  const { id, runId, createdAt, summary } = message;
  const state = message.state.value;
  const hasEnded = state.status !== 'STREAMING';
  const attachmentsOf = (promptId: string) =>
    session.jump.shown.value.messages.value.find((each) => each.id === promptId)?.attachments ?? [];
  const hasText = hasEnded && state.content.trim() !== '';
  return (
    <article
      class="message answer"
      aria-label="Answer"
      title={new Date(createdAt).toLocaleString()}
      aria-busy={!hasEnded}
    >
      <Answer key={id} state={state} runId={runId} attachmentsOf={attachmentsOf} />
      <div class="message-actions">
        {hasText && <CopyButton text={state.content} label="Copy the answer" />}
        <MessageVersions session={session} message={message} />
        {hasEnded && <MessageTools session={session} message={message} />}
        {hasText && <RecordingView key={id} session={session} message={message} />}
      </div>
      {summary !== undefined && (
        <SummaryView
          title="The messages above fill the model’s context. It is told this summary in their place."
          text={summary}
        />
      )}
    </article>
  );
}

function Answer({ state, ...parts }: ComponentProps<typeof AnswerParts>) {
  const { status, omittedMessages, summary, failure } = state;
  const isLive = status === 'STREAMING';
  const note = stoppedNote(state) ?? answerNote(state);
  return (
    <>
      {omittedMessages > 0 && summary === undefined && (
        <p class="note">
          This session is too long for the model. The model did not see the oldest {omittedMessages} messages.
        </p>
      )}
      {summary !== undefined && (
        <SummaryView
          title={`The session is longer than the model’s context. For this answer, a summary stood for the oldest ${omittedMessages} messages.`}
          text={summary}
        />
      )}
      <AnswerParts state={state} {...parts} />
      {isLive && <Progress state={state} />}
      {(status === 'FAILED' || status === 'INTERRUPTED') && (
        <Alert problem={failure ?? 'The gateway stopped before the answer was finished.'} />
      )}
      {note !== undefined && <p class="note">{note}</p>}
    </>
  );
}

function Progress({ state }: { state: MessageState }) {
  const waits = waitingNote(state.toolCalls);
  return (
    <p class="note progress">
      <span class="pulse" aria-hidden="true" />{' '}
      {state.isQueued && 'Waiting for the previous answer to finish'}
      {state.hasGap && 'The text appears when the answer is complete'}
      {waits}
      {state.isSummarising && 'Summing up the oldest messages'}
      {state.paused}
      {state.retry && <RetryNote retry={state.retry} />}
    </p>
  );
}

/** For whom the answer waits. Undefined: for nobody. */
function waitingNote(calls: MessageState['toolCalls']): string | undefined {
  if (calls.some(({ status }) => status === 'AWAITING_APPROVAL')) return 'Waiting for your approval';
  const asked = calls.filter(({ status }) => status === 'AWAITING_CLIENT');
  if (asked.some(isQuestion)) return 'Waiting for your answer';
  return asked.length > 0 ? 'Waiting for another app' : undefined;
}
