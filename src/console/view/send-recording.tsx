import { ActionButton } from '../controls/action-button.tsx';
import { Alert } from '../controls/alert.tsx';
import type { StoredSession } from '../state/session.ts';
import { usedModel } from '../state/used-model.ts';
import { useApp } from './app-context.ts';
import { focusPrompt } from './shortcuts.ts';
import { useAttempt } from './use-attempt.ts';

/** Adds the recording of a message to the next prompt. Nothing where the model does not hear. */
export function SendRecording({ session, messageId }: { session: StoredSession; messageId: string }) {
  const { account, attachedFiles } = useApp();
  const { isBusy, problem, attempt } = useAttempt();
  const model = usedModel(account.models.value, session.state.value ?? {});
  if (model && !model.inputTypes.includes('AUDIO')) return null;
  const send = async () => {
    if (await attempt(() => attachedFiles.addRecording(session.sessionId, messageId))) focusPrompt();
  };
  return (
    <>
      <ActionButton
        class="quiet small"
        title="Adds the recording to your next prompt, so that the model hears it"
        isBusy={isBusy}
        act={send}
      >
        Send to the model
      </ActionButton>
      <Alert problem={problem} />
    </>
  );
}
