import { useState } from 'preact/hooks';
import type { SessionNameFragment } from '../../gql/console/graphql.ts';
import { Alert } from '../controls/alert.tsx';
import { Icon } from '../controls/icon.tsx';
import { hashOf } from '../state/address.ts';
import { displayedTitle } from '../state/session-title.ts';
import { useApp } from './app-context.ts';
import { DeleteSession } from './delete-session.tsx';

export function SessionNav() {
  const app = useApp();
  const [toDelete, setToDelete] = useState<SessionNameFragment>();
  const { value: shown } = app.session;
  const shownId = shown.kind === 'stored' ? shown.sessionId : undefined;
  const { sessions, hasMore, isLoaded, problem } = app.sessionList;
  return (
    <nav aria-label="Sessions">
      <ul class="sessions">
        {sessions.value.map((session) => (
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
            <button
              type="button"
              class="quiet icon-only"
              aria-label={`Delete “${displayedTitle(session)}”`}
              onClick={() => setToDelete(session)}
            >
              <Icon name="trash" />
            </button>
          </li>
        ))}
      </ul>
      {isLoaded.value && sessions.value.length === 0 && <p class="hint">No sessions yet.</p>}
      <Alert problem={problem.value}>
        <button type="button" class="small" onClick={app.sessionList.reload}>
          Try again
        </button>
      </Alert>
      {hasMore.value && (
        <button type="button" class="quiet more" onClick={app.sessionList.loadMore}>
          Show more
        </button>
      )}
      {toDelete && <DeleteSession session={toDelete} close={() => setToDelete(undefined)} />}
    </nav>
  );
}
