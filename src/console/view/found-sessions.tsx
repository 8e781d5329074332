import { ActionButton } from '../controls/action-button.tsx';
import { Alert } from '../controls/alert.tsx';
import { hashOf } from '../state/address.ts';
import type { MessageHit } from '../state/session-search.ts';
import { displayedTitle } from '../state/session-title.ts';
import { snippetParts } from '../state/snippet.ts';
import { useApp } from './app-context.ts';
import { SessionLinks } from './session-links.tsx';
import { useAttempt } from './use-attempt.ts';

/** What a search finds: sessions by their title, and messages by their words. */
export function FoundSessions() {
  const { sessionSearch } = useApp();
  const { isBusy, attempt } = useAttempt();
  const { value: sessions } = sessionSearch.found;
  const { value: hits } = sessionSearch.hits;
  const { hasMore, hasMoreHits, problem } = sessionSearch;
  return (
    <>
      <p class="hint" role="status">
        {sessions && hits
          ? foundText(sessions.length, hasMore.value, hits.length, hasMoreHits.value)
          : problem.value === undefined && 'Searching…'}
      </p>
      {sessions && sessions.length > 0 && (
        <section aria-label="Titles">
          <h2 class="day">Titles</h2>
          <SessionLinks sessions={sessions} />
          {hasMore.value && <p class="hint">Write more to find fewer.</p>}
        </section>
      )}
      {hits && hits.length > 0 && (
        <section aria-label="Messages with these words">
          <h2 class="day">Messages</h2>
          <ul class="hits">
            {hits.map((hit) => (
              <Hit key={hit.node.id} hit={hit} />
            ))}
          </ul>
          {hasMoreHits.value && (
            <ActionButton class="quiet more" isBusy={isBusy} act={() => attempt(sessionSearch.loadMoreHits)}>
              Show more
            </ActionButton>
          )}
        </section>
      )}
      <Alert problem={problem.value} />
    </>
  );
}

function Hit({ hit: { node, session, snippet } }: { hit: MessageHit }) {
  const app = useApp();
  const hash = hashOf(session.id, node.id);
  return (
    <li>
      <a
        href={hash}
        // The address may be the same as before: then the browser does not tell of it.
        onClick={() => location.hash === hash && app.openAddress()}
      >
        <span class="hit-title">
          <span class="cut" dir="auto">
            {displayedTitle(session)}
          </span>
          <span class="hint">
            {[
              node.role === 'USER' ? 'You' : 'Answer',
              dayOf(node.createdAt),
              session.archivedAt != null && 'Archive',
            ]
              .filter(Boolean)
              .join(' · ')}
          </span>
        </span>
        <span class="snippet" dir="auto">
          {snippetParts(snippet).map(({ text, isFound }, index) =>
            isFound ? <mark key={index}>{text}</mark> : text,
          )}
        </span>
      </a>
    </li>
  );
}

/** Without the year, where it is the present one. */
function dayOf(time: string): string {
  const at = new Date(time);
  const isThisYear = at.getFullYear() === new Date().getFullYear();
  return at.toLocaleDateString(undefined, {
    day: 'numeric',
    month: 'short',
    ...(!isThisYear && { year: 'numeric' }),
  });
}

function foundText(titles: number, moreTitles: boolean, messages: number, moreMessages: boolean): string {
  const parts = [
    titles > 0 && counted(titles, moreTitles, 'title'),
    messages > 0 && counted(messages, moreMessages, 'message'),
  ].filter(Boolean);
  return parts.length === 0 ? 'Nothing has these words.' : `${parts.join(' and ')} found`;
}

function counted(count: number, hasMore: boolean, what: string): string {
  return `${count}${hasMore ? ' or more' : ''} ${what}${count === 1 && !hasMore ? '' : 's'}`;
}
