import type { SessionNameFragment } from '../../gql/console/graphql.ts';
import { hashOf } from '../state/address.ts';
import { displayedTitle } from '../state/session-title.ts';
import { useApp } from './app-context.ts';
import { SessionMenu } from './session-menu.tsx';

/** Links to sessions, each with a menu. */
export function SessionLinks({ sessions }: { sessions: readonly SessionNameFragment[] }) {
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
          <SessionMenu session={session} label={`More for “${displayedTitle(session)}”`} />
        </li>
      ))}
    </ul>
  );
}
