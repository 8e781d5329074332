import { useState } from 'preact/hooks';
import type { SessionNameFragment } from '../../gql/console/graphql.ts';
import { Alert } from '../controls/alert.tsx';
import { Icon } from '../controls/icon.tsx';
import { hashOf } from '../state/app.ts';
import { useApp } from './app-context.ts';
import { DeleteSession } from './delete-session.tsx';
import { nameOf } from './name-of.ts';

/** All sessions, as links. */
export function SessionNav() {
  const { list, room } = useApp();
  const [doomed, setDoomed] = useState<SessionNameFragment>();
  const openId = room.value.kind === 'session' ? room.value.conversation.sessionId : undefined;
  const { sessions, hasMore, isLoaded, problem } = list;
  return (
    <nav aria-label="Sessions">
      <ul class="sessions">
        {sessions.value.map((session) => (
          <li key={session.id} class={session.id === openId ? 'open' : undefined}>
            <a
              class="cut"
              href={hashOf(session.id)}
              aria-current={session.id === openId ? 'page' : undefined}
              title={nameOf(session)}
            >
              {nameOf(session)}
            </a>
            <button
              type="button"
              class="quiet icon-only"
              aria-label={`Delete “${nameOf(session)}”`}
              onClick={() => setDoomed(session)}
            >
              <Icon name="trash" />
            </button>
          </li>
        ))}
      </ul>
      {isLoaded.value && sessions.value.length === 0 && <p class="hint">No sessions yet.</p>}
      <Alert problem={problem.value}>
        <button type="button" class="small" onClick={list.reload}>
          Try again
        </button>
      </Alert>
      {hasMore.value && (
        <button type="button" class="quiet more" onClick={list.loadMore}>
          Show more
        </button>
      )}
      {doomed && <DeleteSession session={doomed} close={() => setDoomed(undefined)} />}
    </nav>
  );
}
