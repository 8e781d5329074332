import { ListSessionsDocument, type SessionFactsFragment } from '../../gql/react/graphql.ts';
import type { Switchyard, ViewerEvent } from '../client.ts';
import { GatewayError } from '../errors.ts';
import type { WatchGap } from '../watch-events.ts';
import { createLive, type Live } from './live.ts';

export interface SessionsState {
  /** `failed`: `error` says why they cannot be loaded. */
  readonly status: 'loading' | 'ready' | 'failed';
  /** The one with the newest activity first. */
  readonly sessions: readonly SessionFactsFragment[];
  readonly hasMore: boolean;
  readonly error: GatewayError | undefined;
}

export interface LiveSessions extends Live<SessionsState> {
  loadMore(): Promise<void>;
}

const pageSize = 30;

/** @param search Only sessions that are found by it: see `sessions` in the schema. */
export function createLiveSessions(
  client: Switchyard,
  search: string | undefined,
  onClose: () => void,
): LiveSessions {
  let wanted = pageSize;
  let reload = async () => {};
  const live = createLive<SessionsState>({
    initial: { status: 'loading', sessions: [], hasMore: false, error: undefined },
    open(set, signal) {
      let isLoading = false;
      let changes = 0;
      const fail = (error: unknown) => {
        if (signal.aborted) return;
        if (!(error instanceof GatewayError)) throw error;
        set((state) => ({ ...state, status: 'failed', error }));
      };
      reload = async () => {
        changes += 1;
        if (isLoading) return;
        isLoading = true;
        try {
          // What happens while a response is on its way may make it stale.
          for (let seen = 0; seen !== changes; ) {
            seen = changes;
            const loaded = await loadSessions(client, search, wanted, signal);
            if (seen === changes) set(() => ({ status: 'ready', error: undefined, ...loaded }));
          }
        } catch (error) {
          fail(error);
        } finally {
          isLoading = false;
        }
      };
      const apply = (event: ViewerEvent | WatchGap) => {
        if (isLoading) changes += 1;
        if (event.__typename === 'WatchGap') return void reload();
        if (event.__typename === 'SessionDeleted') {
          const { deletedSessionId } = event;
          set((state) => ({
            ...state,
            sessions: state.sessions.filter(({ id }) => id !== deletedSessionId),
          }));
        } else if ('session' in event && event.session) {
          // Only the gateway knows what a search finds.
          if (search !== undefined) return void reload();
          const { session } = event;
          set((state) => ({ ...state, sessions: put(state.sessions, session) }));
        }
      };
      const watch = async () => {
        let isLoaded = false;
        const onOpen = () => {
          if (!isLoaded) void reload();
          isLoaded = true;
        };
        for await (const event of client.watch('viewer', { signal, onOpen })) apply(event);
      };
      watch().catch(fail);
    },
    onClose,
  });
  return {
    ...live,
    async loadMore() {
      if (!live.current().hasMore) return;
      wanted = live.current().sessions.length + pageSize;
      await reload();
    },
  };
}

/** Loads so many sessions, page by page. */
async function loadSessions(
  client: Switchyard,
  search: string | undefined,
  wanted: number,
  signal: AbortSignal,
) {
  const sessions: SessionFactsFragment[] = [];
  let after: string | null | undefined;
  for (;;) {
    const variables = { first: Math.min(pageSize, wanted - sessions.length), after, search };
    const { sessions: page } = await client.query(ListSessionsDocument, variables, { retry: true, signal });
    sessions.push(...page.edges.map(({ node }) => node));
    const { hasNextPage: hasMore, endCursor } = page.pageInfo;
    if (!hasMore || sessions.length >= wanted) return { sessions, hasMore };
    after = endCursor;
  }
}

function put(
  sessions: readonly SessionFactsFragment[],
  session: SessionFactsFragment,
): SessionFactsFragment[] {
  const others = sessions.filter(({ id }) => id !== session.id);
  return [...others, session].sort((a, b) => Date.parse(b.lastActivityAt) - Date.parse(a.lastActivityAt));
}
