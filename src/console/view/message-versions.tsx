import { ActionButton } from '../controls/action-button.tsx';
import { Alert } from '../controls/alert.tsx';
import { Icon } from '../controls/icon.tsx';
import type { Message } from '../state/message.ts';
import type { StoredSession } from '../state/session.ts';
import { useAttempt } from './use-attempt.ts';

/** Which version of a message is shown, with arrows to the others. Nothing for a message with one version. */
export function MessageVersions({ session, message }: { session: StoredSession; message: Message }) {
  const { isBusy, problem, attempt } = useAttempt();
  const ids = message.versions.value;
  if (ids.length < 2) return null;
  const index = ids.indexOf(message.id);
  const select = (id: string | undefined) => {
    if (id !== undefined) void attempt(() => session.branches.select(id));
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields
    <div class="versions" role="group" aria-label="Versions">
      <ActionButton
        class="quiet small"
        label="Previous version"
        title="Previous version"
        isBusy={isBusy || index <= 0}
        act={() => select(ids[index - 1])}
      >
        <Icon name="back" />
      </ActionButton>
      <span>
        {index + 1} / {ids.length}
      </span>
      <ActionButton
        class="quiet small"
        label="Next version"
        title="Next version"
        isBusy={isBusy || index === ids.length - 1}
        act={() => select(ids[index + 1])}
      >
        <Icon name="chevron" />
      </ActionButton>
      <Alert problem={problem} />
    </div>
  );
}
