import type { SessionNameFragment } from '../../gql/console/graphql.ts';
import { Icon } from '../controls/icon.tsx';
import { hashOf } from '../state/address.ts';
import { displayedTitle } from '../state/session-title.ts';
import { useApp } from './app-context.ts';

interface SessionLinksProps {
  sessions: readonly SessionNameFragment[];
  /** Called when the user wants to delete a session. */
  remove(session: SessionNameFragment): void;
}

/** Links to sessions, each with a button that deletes it. */
export function SessionLinks({ sessions, remove }: SessionLinksProps) {
  const { value: shown } = useApp().session;
  const shownId = shown.kind === 'stored' ? shown.sessionId : undefined;
  return (
    <ul class="sessions">
      {sessions.map((session) => (
        <li key={session.id} class={session.id === shownId ? 'open' : undefined}>
          <a
            class="cut"
            dir="auto"
            href={hashOf(session.id)}
            aria-current={session.id === shownId ? 'page' : undefined}
            title={displayedTitle(session)}
          >
            {displayedTitle(session)}
          </a>
          {session.status === 'WAITING' && <span class="waits">Waits for you</span>}
          <button
            type="button"
            class="quiet icon-only"
            aria-label={`Delete “${displayedTitle(session)}”`}
            onClick={() => remove(session)}
          >
            <Icon name="trash" />
          </button>
        </li>
      ))}
    </ul>
  );
}
