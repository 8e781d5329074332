import { useState } from 'preact/hooks';
import type { SessionNameFragment } from '../../gql/console/graphql.ts';
import { Alert } from '../controls/alert.tsx';
import { groupByDate } from '../state/session-groups.ts';
import { useApp } from './app-context.ts';
import { DeleteSession } from './delete-session.tsx';
import { SessionLinks } from './session-links.tsx';
import { moveAlongLinks, SessionSearchField } from './session-search-field.tsx';

/** The list of sessions, or those that a search finds. */
export function SessionNav() {
  const { sessionSearch } = useApp();
  const [toDelete, setToDelete] = useState<SessionNameFragment>();
  const isSearching = sessionSearch.text.value.trim() !== '';
  return (
    <>
      <SessionSearchField />
      <nav aria-label="Sessions" onKeyDown={moveAlongLinks}>
        {isSearching ? <Found remove={setToDelete} /> : <All remove={setToDelete} />}
        {toDelete && <DeleteSession session={toDelete} close={() => setToDelete(undefined)} />}
      </nav>
    </>
  );
}

interface ListProps {
  remove(session: SessionNameFragment): void;
}

function All({ remove }: ListProps) {
  const { sessionList, today } = useApp();
  const { sessions, hasMore, isLoaded, problem } = sessionList;
  return (
    <>
      {groupByDate(sessions.value, today.value).map(({ heading, sessions: group }) => (
        <section key={heading} aria-label={heading}>
          <h2 class="day">{heading}</h2>
          <SessionLinks sessions={group} remove={remove} />
        </section>
      ))}
      {isLoaded.value && sessions.value.length === 0 && <p class="hint">No sessions yet.</p>}
      <Alert problem={problem.value}>
        <button type="button" class="small" onClick={sessionList.reload}>
          Try again
        </button>
      </Alert>
      {hasMore.value && (
        <button type="button" class="quiet more" onClick={sessionList.loadMore}>
          Show more
        </button>
      )}
    </>
  );
}

function Found({ remove }: ListProps) {
  const { found, hasMore, problem } = useApp().sessionSearch;
  const { value: sessions = [] } = found;
  const count = `${sessions.length}${hasMore.value ? ' or more' : ''}`;
  return (
    <>
      <p class="hint" role="status">
        {found.value && (sessions.length === 0 ? 'No title has this text.' : `${count} found`)}
      </p>
      <SessionLinks sessions={sessions} remove={remove} />
      {hasMore.value && <p class="hint">Write more to find fewer.</p>}
      <Alert problem={problem.value} />
    </>
  );
}
