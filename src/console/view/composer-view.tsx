import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { ActionButton } from '../controls/action-button.tsx';
import { Alert } from '../controls/alert.tsx';
import { Icon } from '../controls/icon.tsx';
import type { Session } from '../state/session.ts';
import type { Stopper } from '../state/stopper.ts';
import { useApp } from './app-context.ts';
import { AttachButton, AttachedFilesView } from './attached-files-view.tsx';
import { isComposing } from './is-composing.ts';
import { steerKeys } from './shortcuts.ts';
import { useAttempt } from './use-attempt.ts';
import { useRecall } from './use-recall.ts';

export function ComposerView({ session }: { session: Session }) {
  const { composer } = session;
  const app = useApp();
  const { problem, attempt } = useAttempt();
  const hasFiles = session.kind === 'stored' && app.attachedFiles.of(session.sessionId).value.length > 0;
  const hasSomething = hasFiles || composer.text.value.trim() !== '';
  const isGone = session.kind === 'stored' && session.isGone.value;
  const attach = (files: File[]) => {
    if (files.length > 0) void attempt(() => app.attach(files));
  };
  return (
    <form
      class="composer"
      aria-label="Prompt"
      onDragOver={(event) => {
        // The browser would open a dropped file in place of the page.
        if (!isGone && event.dataTransfer?.types.includes('Files')) event.preventDefault();
      }}
      onDrop={(event) => {
        if (isGone || !event.dataTransfer?.types.includes('Files')) return;
        event.preventDefault();
        attach([...event.dataTransfer.files]);
      }}
      onSubmit={(event) => {
        event.preventDefault();
        composer.submit();
      }}
    >
      <Alert problem={composer.problem.value ?? problem} />
      {session.kind === 'stored' && (
        <AttachedFilesView sessionId={session.sessionId} onRemove={composer.settle} />
      )}
      <div class="field">
        <AttachButton isDisabled={isGone} attach={attach} />
        <PromptField session={session} isDisabled={isGone} attach={attach} />
        {session.kind === 'stored' && <StopButton stopper={session.stopper} />}
        {canSteer(session) && (
          <button
            type="button"
            class="quiet steer"
            onMouseDown={(event) => event.preventDefault()}
            title={`Send into the answer that is being written: the model reads it after its present tools (${steerKeys.join('+')})`}
            onClick={() => composer.submit(true)}
          >
            Steer
          </button>
        )}
        <button
          type="submit"
          class="primary icon-only"
          aria-label="Send"
          // Without this the button takes the focus from the prompt.
          onMouseDown={(event) => event.preventDefault()}
          title="Send (Enter). Shift+Enter starts a new line."
          disabled={isGone || !hasSomething}
        >
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}

/** Whether there is a prompt to send, and an answer that it can join. */
function canSteer(session: Session): boolean {
  const { composer } = session;
  return session.kind === 'stored' && session.stopper.isNeeded.value && composer.text.value.trim() !== '';
}

interface PromptFieldProps {
  session: Session;
  isDisabled: boolean;
  attach(files: File[]): void;
}

function PromptField({ session, isDisabled, attach }: PromptFieldProps) {
  const { composer } = session;
  const recall = useRecall(session);
  const field = useRef<HTMLTextAreaElement>(null);
  const text = composer.text.value;
  useEffect(() => {
    // On a touch screen the keyboard would open and cover the messages.
    if (matchMedia('(hover: hover)').matches) field.current?.focus();
  }, []);
  // The height of the field follows its text.
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
      onPaste={(event) => {
        const files = [...(event.clipboardData?.files ?? [])];
        if (files.length === 0) return;
        event.preventDefault();
        attach(files);
      }}
      onInput={({ currentTarget }) => composer.write(currentTarget.value)}
      onKeyDown={(event) => {
        recall(event.currentTarget, event);
        if (event.key !== 'Enter' || event.shiftKey || isComposing(event)) return;
        event.preventDefault();
        composer.submit((event.ctrlKey || event.metaKey) && canSteer(session));
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
