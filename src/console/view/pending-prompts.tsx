import { Alert } from '../controls/alert.tsx';
import type { PendingPrompt } from '../state/outbox.ts';
import type { Session } from '../state/session.ts';

import { useApp } from './app-context.ts';
import { Attachments } from './attachment-chip.tsx';

/** The prompts of a session that the gateway has not accepted yet, below its messages. */
export function PendingPrompts({ session }: { session: Session }) {
  const messages = session.kind === 'stored' ? session.messageList.messages.value : [];
  // The subscription to the session may bring a prompt before the response to it arrives.
  const arrived = new Set(messages.map(({ requestId }) => requestId));
  return (
    <>
      {session.outbox.prompts.value
        .filter(({ requestId }) => !arrived.has(requestId))
        .map((pending) => (
          <Pending key={pending.requestId} session={session} pending={pending} />
        ))}
    </>
  );
}

const overtaken =
  'Not sent: the conversation has moved on since you wrote this. Read what is new above, and send it if it still fits.';

function Pending({ session, pending }: { session: Session; pending: PendingPrompt }) {
  const { outbox, composer } = session;
  const { attachedFiles } = useApp();
  const { requestId, prompt, attachments = [], delay, refusal, hasMoved = false } = pending;
  const discard = () => outbox.discard(requestId);
  const edit = () => {
    composer.write([composer.text.value, prompt].filter((text) => text.trim() !== '').join('\n\n'));
    if (session.kind === 'stored') attachedFiles.putBack(session.sessionId, attachments);
    discard();
  };
  return (
    <article class="message prompt pending" aria-label="Not sent yet" aria-busy={refusal === undefined}>
      <Attachments attachments={attachments} />
      {prompt !== '' && <p dir="auto">{prompt}</p>}
      <Alert problem={hasMoved ? overtaken : refusal && `Not sent. ${refusal}`} />
      {refusal === undefined && (
        <p class="note" role="status">
          <span class="pulse" aria-hidden="true" />{' '}
          {delay === undefined ? 'Sending…' : `Not sent yet. ${delay} It is sent as soon as that works.`}
        </p>
      )}
      {(refusal !== undefined || delay !== undefined) && (
        <div class="actions">
          <button type="button" class="quiet small" onClick={discard}>
            Discard
          </button>
          <button type="button" class="quiet small" onClick={edit}>
            Edit
          </button>
          <button type="button" class="small" onClick={() => outbox.retry(requestId)}>
            {hasMoved ? 'Send anyway' : 'Retry'}
          </button>
        </div>
      )}
    </article>
  );
}
