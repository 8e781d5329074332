import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { CancelRunDocument } from '../../gql/console/graphql.ts';
import { Alert } from '../controls/alert.tsx';
import { Icon } from '../controls/icon.tsx';
import type { Composer } from '../state/composer.ts';
import type { Session } from '../state/session.ts';
import { useApp } from './app-context.ts';
import { isComposing } from './is-composing.ts';
import { useAttempt } from './use-attempt.ts';

export function ComposerView({ session }: { session: Session }) {
  const { composer } = session;
  const isGone = session.kind === 'stored' && session.isGone.value;
  return (
    <form
      class="composer"
      aria-label="Prompt"
      onSubmit={(event) => {
        event.preventDefault();
        void composer.submit();
      }}
    >
      <Alert problem={composer.problem.value} />
      <div class="field">
        <PromptField composer={composer} isDisabled={isGone} />
        <StopButton session={session} />
        <button
          type="submit"
          class="primary icon-only"
          aria-label="Send"
          // Without this the button takes the focus from the prompt.
          onMouseDown={(event) => event.preventDefault()}
          title="Send (Enter). Shift+Enter starts a new line."
          disabled={isGone || composer.isSending.value || composer.text.value.trim() === ''}
        >
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}

function PromptField({ composer, isDisabled }: { composer: Composer; isDisabled: boolean }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const text = composer.text.value;
  useEffect(() => {
    // On a touch screen the keyboard would open and cover the messages.
    if (matchMedia('(hover: hover)').matches) field.current?.focus();
  }, []);
  useLayoutEffect(() => {
    if (field.current) fitToText(field.current);
  }, [text]);
  return (
    <textarea
      ref={field}
      aria-label="Prompt"
      dir="auto"
      rows={1}
      placeholder="Ask something…"
      value={text}
      readOnly={composer.isSending.value}
      disabled={isDisabled}
      onInput={({ currentTarget }) => composer.write(currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || event.shiftKey || isComposing(event)) return;
        event.preventDefault();
        void composer.submit();
      }}
    />
  );
}

function StopButton({ session }: { session: Session }) {
  const { ask } = useApp();
  const { isBusy, problem, attempt } = useAttempt();
  const runId = session.kind === 'stored' ? session.messageList.live.value?.runId : undefined;
  if (runId === undefined) return null;
  return (
    <>
      <Alert problem={problem} />
      <button
        type="button"
        class="stop"
        disabled={isBusy}
        title="Stop the answer and keep the text so far"
        onClick={() => attempt(() => ask(CancelRunDocument, { runId }))}
      >
        <Icon name="stop" /> {isBusy ? 'Stopping…' : 'Stop'}
      </button>
    </>
  );
}

/** Makes the field as high as its text. The style sheet limits the height. */
function fitToText(field: HTMLTextAreaElement): void {
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight}px`;
}
