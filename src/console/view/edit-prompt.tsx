import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { randomId } from '../../client/random-id.ts';
import { ActionButton } from '../controls/action-button.tsx';
import { Alert } from '../controls/alert.tsx';
import type { Message } from '../state/message.ts';
import type { StoredSession } from '../state/session.ts';
import { Attachments } from './attachment-chip.tsx';
import { isComposing } from './is-composing.ts';
import { useAttempt } from './use-attempt.ts';

interface EditPromptProps {
  session: StoredSession;
  message: Message;
  sent(): void;
  cancel(): void;
}

/** A prompt whose text can be changed. It is sent as another version, with the same files. */
export function EditPrompt({ session, message, sent, cancel }: EditPromptProps) {
  const { isBusy, problem, attempt } = useAttempt();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(message.state.value.content);
  const prompt = text.trim();
  const isEmpty = prompt === '' && message.attachments.length === 0;
  // The same text that is sent once more, because the response was lost, is answered once.
  const requestId = useMemo(randomId, [prompt]);
  useEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(text.length, text.length);
    // With its buttons.
    field.current?.form?.scrollIntoView({ block: 'nearest' });
  }, []);
  const send = async () => {
    if (isEmpty || isBusy) return;
    if (await attempt(() => session.branches.edit(message, prompt, requestId))) sent();
  };
  return (
    <form
      class="message prompt editing"
      aria-label="Edit the prompt"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <Attachments attachments={message.attachments} />
      <textarea
        ref={field}
        aria-label="Changed text"
        dir="auto"
        rows={2}
        value={text}
        readOnly={isBusy}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
        onKeyDown={(event) => {
          if (isComposing(event)) return;
          const isSend = event.key === 'Enter' && !event.shiftKey;
          if (!isSend && event.key !== 'Escape') return;
          event.preventDefault();
          if (isSend) void send();
          else cancel();
        }}
      />
      <Alert problem={problem} />
      <div class="actions">
        <button type="button" class="quiet small" onClick={cancel}>
          Cancel
        </button>
        <ActionButton class="primary small" isBusy={isBusy || isEmpty} act={send}>
          Send
        </ActionButton>
      </div>
    </form>
  );
}
