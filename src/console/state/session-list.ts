import { type ReadonlySignal, signal } from '@preact/signals';
import {
  DeleteSessionDocument,
  type SessionNameFragment,
  SessionsDocument,
  type SessionsQuery,
} from '../../gql/console/graphql.ts';
import type { Ask } from '../gateway/ask.ts';
import { wordsOf } from '../gateway/words-of.ts';
import { byActivity, mergeNewest } from './session-order.ts';

const pageSize = 30;
/** The longest page that the gateway returns by default. */
const longestPage = 100;
/** How often a page is asked for when the list changes meanwhile: that of a busy admin always does. */
const mostTries = 3;

/** The loaded sessions of the user, by last activity. */
export interface SessionList {
  readonly sessions: ReadonlySignal<readonly SessionNameFragment[]>;
  readonly hasMore: ReadonlySignal<boolean>;
  readonly isLoaded: ReadonlySignal<boolean>;
  readonly problem: ReadonlySignal<string | undefined>;
  /** Loads the newest sessions again. Older ones that are loaded stay. */
  reload(): Promise<void>;
  loadMore(): Promise<void>;
  /** Adds a new session. */
  add(session: SessionNameFragment): void;
  /** Updates a session if it is in the list. */
  put(session: SessionNameFragment): void;
  /** Updates a session. One that is not in the list is added, unless it belongs to the older ones that are not loaded. */
  show(session: SessionNameFragment): void;
  /** Moves a session to the beginning, because a prompt was sent to it. */
  used(id: string): void;
  /** Removes a session that has been deleted. */
  remove(id: string): void;
  /** @throws GatewayError */
  delete(id: string): Promise<void>;
  clear(): void;
}

type PageInfo = SessionsQuery['sessions']['pageInfo'];

/** @param changed Called when this page has changed a session. */
export function createSessionList(ask: Ask, changed: () => void): SessionList {
  const sessions = signal<readonly SessionNameFragment[]>([]);
  const cursor = signal<string | undefined>();
  const hasMore = signal(false);
  const isLoaded = signal(false);
  const problem = signal<string | undefined>();
  /** Counts the changes that this page made. A response that was asked for before a change would undo it. */
  let changes = 0;

  const set = (next: readonly SessionNameFragment[]) => {
    changes += 1;
    sessions.value = byActivity(next);
  };
  const load = async (first: number, after?: string) => {
    const { edges, pageInfo } = (await ask(SessionsDocument, { first, after: after ?? null })).sessions;
    return { loaded: edges.map(({ node }) => node), pageInfo };
  };
  /** The next older page begins behind this one. */
  const goOnBehind = ({ hasNextPage, endCursor }: PageInfo) => {
    cursor.value = endCursor ?? undefined;
    hasMore.value = hasNextPage;
  };
  const loadNewest = async (tries = mostTries): Promise<void> => {
    const before = changes;
    const { loaded, pageInfo } = await load(
      Math.min(longestPage, Math.max(pageSize, sessions.peek().length)),
    );
    if (before !== changes && tries > 1) return loadNewest(tries - 1);
    const merged = mergeNewest(sessions.peek(), loaded, pageInfo.hasNextPage);
    // Older pages that are loaded go on at their own end.
    if (merged.length === loaded.length || cursor.peek() === undefined) goOnBehind(pageInfo);
    sessions.value = merged;
  };
  const loadOlder = async () => {
    const { loaded, pageInfo } = await load(pageSize, cursor.peek());
    const ids = new Set(loaded.map(({ id }) => id));
    sessions.value = byActivity([...sessions.peek().filter(({ id }) => !ids.has(id)), ...loaded]);
    goOnBehind(pageInfo);
  };
  const attempt = async (loading: () => Promise<void>) => {
    try {
      await loading();
      isLoaded.value = true;
      problem.value = undefined;
    } catch (error) {
      problem.value = wordsOf(error);
    }
  };
  const put = (session: SessionNameFragment) => {
    const known = sessions.peek().find(({ id }) => id === session.id);
    if (!known || isSame(known, session)) return;
    set(sessions.peek().map((each) => (each === known ? session : each)));
    changed();
  };
  const remove = (id: string) => {
    set(sessions.peek().filter((each) => each.id !== id));
    changed();
  };
  return {
    sessions,
    hasMore,
    isLoaded,
    problem,
    reload: () => attempt(() => loadNewest()),
    loadMore: () => attempt(loadOlder),
    add(session) {
      set([session, ...sessions.peek().filter(({ id }) => id !== session.id)]);
      changed();
    },
    put,
    show(session) {
      const all = sessions.peek();
      const oldest = all.at(-1);
      if (all.some(({ id }) => id === session.id)) put(session);
      else if (!hasMore.peek() || !oldest || isNewer(session, oldest)) set([session, ...all]);
    },
    used(id) {
      const lastActivityAt = new Date().toISOString();
      set(sessions.peek().map((each) => (each.id === id ? { ...each, lastActivityAt } : each)));
      changed();
    },
    remove,
    async delete(id) {
      await ask(DeleteSessionDocument, { id });
      remove(id);
    },
    clear() {
      set([]);
      cursor.value = undefined;
      hasMore.value = false;
      isLoaded.value = false;
    },
  };
}

function isSame(one: SessionNameFragment, other: SessionNameFragment): boolean {
  return (
    one.title === other.title &&
    one.preview === other.preview &&
    one.status === other.status &&
    !isNewer(other, one)
  );
}

function isNewer(one: SessionNameFragment, other: SessionNameFragment): boolean {
  return Date.parse(one.lastActivityAt) > Date.parse(other.lastActivityAt);
}
