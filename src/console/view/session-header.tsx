import { useState } from 'preact/hooks';
import type { CreateSessionInput } from '../../gql/console/graphql.ts';
import { Alert } from '../controls/alert.tsx';
import { Icon } from '../controls/icon.tsx';
import type { Session } from '../state/session.ts';
import { useApp } from './app-context.ts';
import { FilesButton } from './files-button.tsx';
import { InstructionsPopup } from './instructions-popup.tsx';
import { NodePicker } from './node-picker.tsx';
import { archive, SessionMenu } from './session-menu.tsx';
import { SessionSettings } from './session-settings.tsx';
import { SessionTags } from './session-tags.tsx';
import { TitleField } from './title-field.tsx';
import { useAttempt } from './use-attempt.ts';

export function SessionHeader({ session, openDrawer }: { session: Session; openDrawer(): void }) {
  const app = useApp();
  const { problem, attempt } = useAttempt();
  const [isOpen, setOpen] = useState(false);
  const state = session.kind === 'stored' ? session.state.value : undefined;
  const settings = session.kind === 'new' ? session.input.value : state;
  return (
    <header class="session-header">
      <div class={`bar${isOpen ? ' settings-open' : ''}`}>
        <button
          type="button"
          class="quiet icon-only menu"
          aria-label="Show the list of sessions"
          onClick={openDrawer}
        >
          <Icon name="menu" />
        </button>
        {session.kind === 'new' && <h1 class="cut">New session</h1>}
        {session.kind === 'stored' && state && (
          <>
            <TitleField session={state} rename={(title) => attempt(() => session.update({ title }))} />
            <SessionTags tags={state.tags} />
            <SessionMenu session={state} label="More for this session" />
          </>
        )}
        {settings && (
          <button
            type="button"
            class="quiet icon-only settings-toggle"
            aria-label="Settings"
            title="Settings"
            aria-expanded={isOpen}
            onClick={() => setOpen(!isOpen)}
          >
            <Icon name="sliders" />
          </button>
        )}
        {settings && (
          <div class="settings">
            <SessionSettings
              settings={settings}
              change={(changed) => {
                if (session.kind === 'new') session.input.value = withChange(session.input.value, changed);
                else void attempt(() => session.update(changed));
              }}
            />
            <InstructionsPopup session={session} />
            <NodePicker session={session} />
            {session.kind === 'stored' && <FilesButton session={session} />}
          </div>
        )}
      </div>
      {state?.archivedAt != null && (
        <p class="archived hint">
          This session is in the archive.{' '}
          <button type="button" class="small" onClick={() => void archive(app, state)}>
            Take it out
          </button>
        </p>
      )}
      <Alert problem={problem} />
    </header>
  );
}

/** A change of the model's settings names one of them, and leaves the others as they are. */
function withChange(input: CreateSessionInput, changed: CreateSessionInput): CreateSessionInput {
  const settings = changed.settings && { settings: { ...input.settings, ...changed.settings } };
  return { ...input, ...changed, ...settings };
}
