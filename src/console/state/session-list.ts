import { batch, type ReadonlySignal, signal } from '@preact/signals';
import {
  DeleteSessionDocument,
  KeepSessionDocument,
  type KeepSessionMutationVariables,
  PinnedSessionsDocument,
  type SessionNameFragment,
  SessionsDocument,
  type SessionsQuery,
} from '../../gql/console/graphql.ts';
import type { Ask } from '../gateway/ask.ts';
import { wordsOf } from '../gateway/words-of.ts';
import { fits, openSessions, type SessionFilter } from './session-filter.ts';
import { byActivity, mergeNewest } from './session-order.ts';

const pageSize = 30;
/** The longest page that the gateway returns by default. */
const longestPage = 100;
/** How often a page is asked for when the list changes meanwhile: that of a busy admin always does. */
const mostTries = 3;

/** The loaded sessions of the user, by last activity. */
export interface SessionList {
  /** All that are loaded, pinned ones too. */
  readonly sessions: ReadonlySignal<readonly SessionNameFragment[]>;
  /** The pinned ones, which are shown first however long they were not used; at most 100. */
  readonly pinned: ReadonlySignal<readonly SessionNameFragment[]>;
  readonly filter: ReadonlySignal<SessionFilter>;
  readonly hasMore: ReadonlySignal<boolean>;
  readonly isLoaded: ReadonlySignal<boolean>;
  readonly problem: ReadonlySignal<string | undefined>;
  /** Shows other sessions: the archived ones, or those with a tag. */
  choose(filter: Partial<SessionFilter>): void;
  /** Loads the newest sessions again. Older ones that are loaded stay. */
  reload(): Promise<void>;
  loadMore(): Promise<void>;
  /** Adds a new session. If the list has others now, it shows the open ones again. */
  add(session: SessionNameFragment): void;
  /** Updates a session if it is in the list. */
  put(session: SessionNameFragment): void;
  /** Updates a session. One that is not in the list is added, unless it belongs to the older ones that are not loaded. */
  show(session: SessionNameFragment): void;
  /** Moves a session to the beginning, because a prompt was sent to it. */
  used(id: string): void;
  /** Removes a session that has been deleted. */
  remove(id: string): void;
  /**
   * Pins or archives a session, or gives it other tags.
   *
   * @throws GatewayError
   */
  keep(id: string, input: KeepSessionMutationVariables['input']): Promise<void>;
  /** @throws GatewayError */
  delete(id: string): Promise<void>;
  clear(): void;
}

type PageInfo = SessionsQuery['sessions']['pageInfo'];

/** @param changed Called when this page has changed a session. */
export function createSessionList(ask: Ask, changed: () => void): SessionList {
  const sessions = signal<readonly SessionNameFragment[]>([]);
  const pinned = signal<readonly SessionNameFragment[]>([]);
  const filter = signal<SessionFilter>(openSessions);
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
  const setPinned = (session: SessionNameFragment) => {
    const others = pinned.peek().filter(({ id }) => id !== session.id);
    const isPinned = session.pinnedAt != null && fits(session, filter.peek());
    if (isPinned || others.length < pinned.peek().length)
      pinned.value = isPinned ? byActivity([session, ...others]) : others;
  };
  const filterInput = () => {
    const { archived, tag = null } = filter.peek();
    return { archived, tag };
  };
  const load = async (first: number, after?: string) => {
    const input = { first, after: after ?? null, ...filterInput() };
    const { edges, pageInfo } = (await ask(SessionsDocument, input)).sessions;
    return { loaded: edges.map(({ node }) => node), pageInfo };
  };
  const loadPinned = async () => {
    const { edges } = (await ask(PinnedSessionsDocument, filterInput())).sessions;
    return edges.map(({ node }) => node);
  };
  /** The next older page begins behind this one. */
  const goOnBehind = ({ hasNextPage, endCursor }: PageInfo) => {
    cursor.value = endCursor ?? undefined;
    hasMore.value = hasNextPage;
  };
  const loadNewest = async (tries = mostTries): Promise<void> => {
    const before = changes;
    const [{ loaded, pageInfo }, loadedPinned] = await Promise.all([
      load(Math.min(longestPage, Math.max(pageSize, sessions.peek().length))),
      loadPinned(),
    ]);
    if (before !== changes && tries > 1) return loadNewest(tries - 1);
    const merged = mergeNewest(sessions.peek(), loaded, pageInfo.hasNextPage);
    batch(() => {
      // Older pages that are loaded go on at their own end.
      if (merged.length === loaded.length || cursor.peek() === undefined) goOnBehind(pageInfo);
      sessions.value = merged;
      pinned.value = loadedPinned;
    });
  };
  const loadOlder = async () => {
    const asked = filter.peek();
    const { loaded, pageInfo } = await load(pageSize, cursor.peek());
    if (asked !== filter.peek()) return;
    const ids = new Set(loaded.map(({ id }) => id));
    sessions.value = byActivity([...sessions.peek().filter(({ id }) => !ids.has(id)), ...loaded]);
    goOnBehind(pageInfo);
  };
  const attempt = async (loading: () => Promise<void>) => {
    const asked = filter.peek();
    try {
      await loading();
      if (asked !== filter.peek()) return;
      isLoaded.value = true;
      problem.value = undefined;
    } catch (error) {
      if (asked === filter.peek()) problem.value = wordsOf(error);
    }
  };
  const reload = () => attempt(() => loadNewest());
  const put = (session: SessionNameFragment) => {
    const known = [...sessions.peek(), ...pinned.peek()].find(({ id }) => id === session.id);
    if (!known || isSame(known, session)) return;
    const others = sessions.peek().filter(({ id }) => id !== session.id);
    const wasListed = others.length < sessions.peek().length;
    batch(() => {
      set(wasListed && fits(session, filter.peek()) ? [session, ...others] : others);
      setPinned(session);
    });
    changed();
  };
  const show = (session: SessionNameFragment) => {
    const all = sessions.peek();
    const oldest = all.at(-1);
    if (all.some(({ id }) => id === session.id)) return put(session);
    if (!fits(session, filter.peek())) return setPinned(session);
    batch(() => {
      if (!hasMore.peek() || !oldest || isNewer(session, oldest)) set([session, ...all]);
      setPinned(session);
    });
  };
  const remove = (id: string) => {
    batch(() => {
      set(sessions.peek().filter((each) => each.id !== id));
      pinned.value = pinned.peek().filter((each) => each.id !== id);
    });
    changed();
  };
  const forget = () => {
    set([]);
    pinned.value = [];
    cursor.value = undefined;
    hasMore.value = false;
    isLoaded.value = false;
    problem.value = undefined;
  };
  const choose = (chosen: Partial<SessionFilter>) => {
    batch(() => {
      filter.value = { ...filter.peek(), ...chosen };
      forget();
    });
    void reload();
  };
  return {
    sessions,
    pinned,
    filter,
    hasMore,
    isLoaded,
    problem,
    choose,
    reload,
    loadMore: () => attempt(loadOlder),
    add(session) {
      if (!fits(session, filter.peek())) return choose(openSessions);
      set([session, ...sessions.peek().filter(({ id }) => id !== session.id)]);
      changed();
    },
    put,
    show,
    used(id) {
      const lastActivityAt = new Date().toISOString();
      const use = (each: SessionNameFragment) => (each.id === id ? { ...each, lastActivityAt } : each);
      batch(() => {
        set(sessions.peek().map(use));
        pinned.value = byActivity(pinned.peek().map(use));
      });
      changed();
    },
    remove,
    async keep(id, input) {
      const { updateSession } = await ask(KeepSessionDocument, { id, input });
      if (!updateSession) return;
      show(updateSession);
      changed();
    },
    async delete(id) {
      await ask(DeleteSessionDocument, { id });
      remove(id);
    },
    clear() {
      filter.value = openSessions;
      forget();
    },
  };
}

function isSame(one: SessionNameFragment, other: SessionNameFragment): boolean {
  return (
    one.title === other.title &&
    one.preview === other.preview &&
    one.status === other.status &&
    one.pinnedAt === other.pinnedAt &&
    one.archivedAt === other.archivedAt &&
    one.tags.join('\n') === other.tags.join('\n') &&
    !isNewer(other, one)
  );
}

function isNewer(one: SessionNameFragment, other: SessionNameFragment): boolean {
  return Date.parse(one.lastActivityAt) > Date.parse(other.lastActivityAt);
}
