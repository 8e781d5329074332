import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { ActionButton } from '../controls/action-button.tsx';
import { Alert } from '../controls/alert.tsx';
import { useAttempt } from './use-attempt.ts';
import { useModal } from './use-modal.ts';

export interface ConfirmDialogProps {
  /** A question. */
  title: string;
  /** What will be lost. */
  children: ComponentChildren;
  /** The label of the button that does it. */
  action: string;
  /** Rejects with the reason why it could not be done. The dialog then stays open and shows the reason. */
  act(): Promise<unknown>;
  /** Called when the dialog is closed, whether the action was done or not. */
  onClose(): void;
}

/** A dialog that asks for confirmation before something is deleted. */
export function ConfirmDialog({ title, children, action, act, onClose }: ConfirmDialogProps) {
  const { isBusy, problem, attempt } = useAttempt();
  const { dialog, close } = useModal();
  const titleId = useId();
  const confirm = async () => {
    if (await attempt(act)) close();
  };
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby={titleId}>
      <h2 id={titleId}>{title}</h2>
      <p>{children}</p>
      <Alert problem={problem} />
      <div class="actions">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <ActionButton class="danger" isBusy={isBusy} act={confirm}>
          {action}
        </ActionButton>
      </div>
    </dialog>
  );
}
