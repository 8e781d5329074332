import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { CancelRunDocument } from '../../gql/console/graphql.ts';
import { Alert } from '../controls/alert.tsx';
import { Icon } from '../controls/icon.tsx';
import type { Room } from '../state/session.ts';
import { useApp } from './app-context.ts';
import { useAttempt } from './use-attempt.ts';

/** Where the prompt is written. */
export function ComposerView({ room }: { room: Room }) {
  const { composer } = room;
  const field = useRef<HTMLTextAreaElement>(null);
  const text = composer.text.value;
  useEffect(() => {
    // On a touch screen a keyboard would cover what the reader came for.
    if (matchMedia('(hover: hover)').matches) field.current?.focus();
  }, []);
  useLayoutEffect(() => {
    if (field.current) fitToText(field.current);
  }, [text]);
  const submit = () => {
    void composer.submit();
  };
  const isGone = room.kind === 'session' && room.conversation.isGone.value;
  return (
    <form
      class="composer"
      aria-label="Prompt"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Alert problem={composer.problem.value} />
      <div class="field">
        <textarea
          ref={field}
          aria-label="Prompt"
          rows={1}
          placeholder="Ask something…"
          value={text}
          readOnly={composer.isSending.value}
          disabled={isGone}
          onInput={({ currentTarget }) => composer.write(currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            submit();
          }}
        />
        <StopButton room={room} />
        <button
          type="submit"
          class="primary icon-only"
          aria-label="Send"
          // The cursor stays in the prompt.
          onMouseDown={(event) => event.preventDefault()}
          title="Send (Enter; Shift+Enter breaks the line)"
          disabled={isGone || composer.isSending.value || text.trim() === ''}
        >
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}

function StopButton({ room }: { room: Room }) {
  const { ask } = useApp();
  const { isBusy, problem, attempt } = useAttempt();
  const runId = room.kind === 'session' ? room.conversation.transcript.live.value?.runId : undefined;
  if (runId === undefined) return null;
  return (
    <>
      <Alert problem={problem} />
      <button
        type="button"
        class="stop"
        disabled={isBusy}
        title="Stop; what is written stays"
        onClick={() => attempt(() => ask(CancelRunDocument, { runId }))}
      >
        <Icon name="stop" /> {isBusy ? 'Stopping…' : 'Stop'}
      </button>
    </>
  );
}

/** As high as its text; the style sheet knows how high that may be. */
function fitToText(field: HTMLTextAreaElement): void {
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight}px`;
}
