import { batch, type ReadonlySignal, signal } from '@preact/signals';
import {
  SearchMessagesDocument,
  type SearchMessagesQuery,
  type SessionNameFragment,
  SessionsDocument,
} from '../../gql/console/graphql.ts';
import type { Ask } from '../gateway/ask.ts';
import { wordsOf } from '../gateway/words-of.ts';
import { atMostEvery } from './at-most-every.ts';

/** A message that has the words of a search, and its session. */
export type MessageHit = SearchMessagesQuery['searchMessages']['edges'][number];

/** A search in the titles and the messages of the user's sessions. */
export interface SessionSearch {
  readonly text: ReadonlySignal<string>;
  /** Sessions whose title has the text. Undefined while there is no search, and until the first response. */
  readonly found: ReadonlySignal<readonly SessionNameFragment[] | undefined>;
  /** Whether more sessions match than `found` has. */
  readonly hasMore: ReadonlySignal<boolean>;
  /** Messages with all words of the text, the best of the newest first. Undefined until the first response. */
  readonly hits: ReadonlySignal<readonly MessageHit[] | undefined>;
  readonly hasMoreHits: ReadonlySignal<boolean>;
  readonly problem: ReadonlySignal<string | undefined>;
  write(text: string): void;
  /** Loads the next page of messages. */
  loadMoreHits(): Promise<void>;
  /** Asks again, because a session may have been renamed or deleted. Without a search it does nothing. */
  reload(): void;
}

/** How long the user has to stop typing before the gateway is asked, in milliseconds. */
const debounceMs = 250;
/** An answer that is being written changes its session often: then the gateway is asked at most this often. */
const reloadMs = 1_000;
const mostFound = 50;
const hitPage = 20;

export function createSessionSearch(ask: Ask): SessionSearch {
  const text = signal('');
  const found = signal<readonly SessionNameFragment[] | undefined>();
  const hasMore = signal(false);
  const hits = signal<readonly MessageHit[] | undefined>();
  const hasMoreHits = signal(false);
  const problem = signal<string | undefined>();
  let cursor: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts what was asked and written. Only the newest response is shown, because responses may arrive in any order. */
  let count = 0;

  const loadHits = async (first: number, after?: string) => {
    const query = text.peek().trim();
    return (await ask(SearchMessagesDocument, { query, first, after: after ?? null })).searchMessages;
  };
  const goOnBehind = ({ pageInfo }: SearchMessagesQuery['searchMessages']) => {
    cursor = pageInfo.endCursor ?? undefined;
    hasMoreHits.value = pageInfo.hasNextPage;
  };
  const search = async () => {
    count += 1;
    const number = count;
    try {
      const [{ sessions }, page] = await Promise.all([
        ask(SessionsDocument, { first: mostFound, search: text.peek().trim() }),
        loadHits(Math.min(100, Math.max(hitPage, hits.peek()?.length ?? 0))),
      ]);
      if (number !== count) return;
      batch(() => {
        found.value = sessions.edges.map(({ node }) => node);
        hasMore.value = sessions.pageInfo.hasNextPage;
        hits.value = page.edges;
        goOnBehind(page);
        problem.value = undefined;
      });
    } catch (error) {
      if (number === count) problem.value = wordsOf(error);
    }
  };
  const forget = () => {
    found.value = undefined;
    hasMore.value = false;
    hits.value = undefined;
    hasMoreHits.value = false;
    problem.value = undefined;
  };
  // Until the first response there is nothing that could have changed.
  const reload = atMostEvery(reloadMs, () => found.peek() !== undefined && search());
  return {
    text,
    found,
    hasMore,
    hits,
    hasMoreHits,
    problem,
    write(written) {
      if (written.trim() !== text.peek().trim()) hits.value = undefined;
      text.value = written;
      clearTimeout(timer);
      count += 1;
      if (written.trim() === '') batch(forget);
      else timer = setTimeout(search, debounceMs);
    },
    async loadMoreHits() {
      const number = count;
      try {
        const page = await loadHits(hitPage, cursor);
        if (number !== count) return;
        batch(() => {
          hits.value = [...(hits.peek() ?? []), ...page.edges];
          goOnBehind(page);
        });
      } catch (error) {
        if (number === count) problem.value = wordsOf(error);
      }
    },
    reload,
  };
}
