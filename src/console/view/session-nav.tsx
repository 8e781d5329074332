import { Alert } from '../controls/alert.tsx';
import { groupByDate } from '../state/session-groups.ts';
import { useApp } from './app-context.ts';
import { FoundSessions } from './found-sessions.tsx';
import { SessionFilterView } from './session-filter-view.tsx';
import { SessionLinks } from './session-links.tsx';
import { moveAlongLinks, SessionSearchField } from './session-search-field.tsx';

/**
 * The list of sessions, or what a search finds.
 *
 * @param opened Called when the user follows a link, also to what is shown already.
 */
export function SessionNav({ opened }: { opened(): void }) {
  const { sessionSearch } = useApp();
  const isSearching = sessionSearch.text.value.trim() !== '';
  return (
    <>
      <SessionSearchField />
      <nav
        aria-label="Sessions"
        onKeyDown={moveAlongLinks}
        onClick={({ target }) => target instanceof Element && target.closest('a') && opened()}
      >
        {isSearching ? <FoundSessions /> : <All />}
      </nav>
    </>
  );
}

function All() {
  const { sessionList, today } = useApp();
  const { sessions, pinned, filter, hasMore, isLoaded, problem } = sessionList;
  const others = sessions.value.filter(({ pinnedAt }) => pinnedAt == null);
  const { archived, tag } = filter.value;
  const isEmpty = isLoaded.value && sessions.value.length === 0 && pinned.value.length === 0;
  return (
    <>
      <SessionFilterView />
      {pinned.value.length > 0 && (
        <section aria-label="Pinned">
          <h2 class="day">Pinned</h2>
          <SessionLinks sessions={pinned.value} />
        </section>
      )}
      {groupByDate(others, today.value).map(({ heading, sessions: group }) => (
        <section key={heading} aria-label={heading}>
          <h2 class="day">{heading}</h2>
          <SessionLinks sessions={group} />
        </section>
      ))}
      {isEmpty && (
        <p class="hint">
          {tag !== undefined
            ? 'No session here has this tag.'
            : archived
              ? 'The archive is empty.'
              : 'No sessions yet.'}
        </p>
      )}
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
      {!archived && isLoaded.value && (
        <button
          type="button"
          class="quiet small to-archive"
          onClick={() => sessionList.choose({ archived: true })}
        >
          Archive
        </button>
      )}
    </>
  );
}
