import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { ActionButton } from '../controls/action-button.tsx';
import { Alert } from '../controls/alert.tsx';
import { Icon } from '../controls/icon.tsx';
import type { Session } from '../state/session.ts';
import type { Stopper } from '../state/stopper.ts';
import { isComposing } from './is-composing.ts';
import { useRecall } from './use-recall.ts';

export function ComposerView({ session }: { session: Session }) {
  const { composer } = session;
  const isGone = session.kind === 'stored' && session.isGone.value;
  return (
    <form
      class="composer"
      aria-label="Prompt"
      onSubmit={(event) => {
        event.preventDefault();
        composer.submit();
      }}
    >
      <Alert problem={composer.problem.value} />
      <div class="field">
        <PromptField session={session} isDisabled={isGone} />
        {session.kind === 'stored' && <StopButton stopper={session.stopper} />}
        <button
          type="submit"
          class="primary icon-only"
          aria-label="Send"
          // Without this the button takes the focus from the prompt.
          onMouseDown={(event) => event.preventDefault()}
          title="Send (Enter). Shift+Enter starts a new line."
          disabled={isGone || composer.text.value.trim() === ''}
        >
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}

function PromptField({ session, isDisabled }: { session: Session; isDisabled: boolean }) {
  const { composer } = session;
  const recall = useRecall(session);
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
      data-focus-home
      aria-label="Prompt"
      dir="auto"
      rows={1}
      placeholder="Ask something…"
      value={text}
      disabled={isDisabled}
      onInput={({ currentTarget }) => composer.write(currentTarget.value)}
      onKeyDown={(event) => {
        recall(event.currentTarget, event);
        if (event.key !== 'Enter' || event.shiftKey || isComposing(event)) return;
        event.preventDefault();
        composer.submit();
      }}
    />
  );
}

function StopButton({ stopper }: { stopper: Stopper }) {
  const isStopping = stopper.isStopping.value;
  return (
    <>
      <Alert problem={stopper.problem.value} />
      {stopper.isNeeded.value && (
        <ActionButton
          class="stop"
          isBusy={isStopping}
          title="Stop the answer and keep the text so far (Esc)"
          act={stopper.stop}
        >
          <Icon name="stop" /> {isStopping ? 'Stopping…' : 'Stop'}
        </ActionButton>
      )}
    </>
  );
}

/** Makes the field as high as its text. The style sheet limits the height. */
function fitToText(field: HTMLTextAreaElement): void {
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight}px`;
}
