import { type ReadonlySignal, signal } from '@preact/signals';
import {
  DeleteSessionDocument,
  type SessionNameFragment,
  SessionsDocument,
} from '../../gql/console/graphql.ts';
import type { Ask } from '../gateway/ask.ts';
import { wordsOf } from '../gateway/words-of.ts';

const pageSize = 30;
/** The longest page that the gateway returns by default. */
const longestPage = 100;

/** The loaded sessions of the user, newest first. */
export interface SessionList {
  readonly sessions: ReadonlySignal<readonly SessionNameFragment[]>;
  readonly hasMore: ReadonlySignal<boolean>;
  readonly isLoaded: ReadonlySignal<boolean>;
  readonly problem: ReadonlySignal<string | undefined>;
  reload(): Promise<void>;
  loadMore(): Promise<void>;
  /** Adds a new session. */
  add(session: SessionNameFragment): void;
  /** Updates a session if it is in the list. */
  put(session: SessionNameFragment): void;
  remove(id: string): void;
  /** @throws GatewayError */
  delete(id: string): Promise<void>;
  clear(): void;
}

export function createSessionList(ask: Ask): SessionList {
  const sessions = signal<readonly SessionNameFragment[]>([]);
  const cursor = signal<string | undefined>();
  const hasMore = signal(false);
  const isLoaded = signal(false);
  const problem = signal<string | undefined>();

  const load = async (first: number, after: string | undefined) => {
    try {
      const page = (await ask(SessionsDocument, { first, after: after ?? null })).sessions;
      const loaded = page.edges.map(({ node }) => node);
      sessions.value = after === undefined ? loaded : append(sessions.value, loaded);
      cursor.value = page.pageInfo.endCursor ?? undefined;
      hasMore.value = page.pageInfo.hasNextPage;
      isLoaded.value = true;
      problem.value = undefined;
    } catch (error) {
      problem.value = wordsOf(error);
    }
  };
  const remove = (id: string) => {
    sessions.value = sessions.peek().filter((each) => each.id !== id);
  };
  return {
    sessions,
    hasMore,
    isLoaded,
    problem,
    reload: () => load(Math.min(longestPage, Math.max(pageSize, sessions.value.length)), undefined),
    loadMore: () => load(pageSize, cursor.value),
    add(session) {
      sessions.value = [session, ...sessions.value];
    },
    put(session) {
      const known = sessions.peek().find(({ id }) => id === session.id);
      if (!known || known.title === session.title) return;
      sessions.value = sessions.peek().map((each) => (each === known ? session : each));
    },
    remove,
    async delete(id) {
      await ask(DeleteSessionDocument, { id });
      remove(id);
    },
    clear() {
      sessions.value = [];
      isLoaded.value = false;
    },
  };
}

/** Adds a page at the end. Each session appears once, although it may be on two pages when the list changes. */
function append(
  sessions: readonly SessionNameFragment[],
  page: readonly SessionNameFragment[],
): readonly SessionNameFragment[] {
  const ids = new Set(page.map(({ id }) => id));
  return [...sessions.filter(({ id }) => !ids.has(id)), ...page];
}
