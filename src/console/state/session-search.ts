import { type ReadonlySignal, signal } from '@preact/signals';
import { type SessionNameFragment, SessionsDocument } from '../../gql/console/graphql.ts';
import type { Ask } from '../gateway/ask.ts';
import { wordsOf } from '../gateway/words-of.ts';

/** A search in the titles of the user's sessions. */
export interface SessionSearch {
  readonly text: ReadonlySignal<string>;
  /** Undefined while there is no search, and until the first response. */
  readonly found: ReadonlySignal<readonly SessionNameFragment[] | undefined>;
  /** Whether more sessions match than `found` has. */
  readonly hasMore: ReadonlySignal<boolean>;
  readonly problem: ReadonlySignal<string | undefined>;
  write(text: string): void;
  /** Asks again, because a session may have been renamed or deleted. Without a search it does nothing. */
  reload(): void;
}

/** How long the user has to stop typing before the gateway is asked, in milliseconds. */
const debounceMs = 250;
const mostFound = 50;

export function createSessionSearch(ask: Ask): SessionSearch {
  const text = signal('');
  const found = signal<readonly SessionNameFragment[] | undefined>();
  const hasMore = signal(false);
  const problem = signal<string | undefined>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  /** Counts what was asked and written. Only the newest response is shown, because responses may arrive in any order. */
  let count = 0;

  const search = async () => {
    count += 1;
    const number = count;
    try {
      const { sessions } = await ask(SessionsDocument, { first: mostFound, search: text.peek().trim() });
      if (number !== count) return;
      found.value = sessions.edges.map(({ node }) => node);
      hasMore.value = sessions.pageInfo.hasNextPage;
      problem.value = undefined;
    } catch (error) {
      if (number === count) problem.value = wordsOf(error);
    }
  };
  return {
    text,
    found,
    hasMore,
    problem,
    write(written) {
      text.value = written;
      clearTimeout(timer);
      count += 1;
      if (written.trim() !== '') timer = setTimeout(search, debounceMs);
      else {
        found.value = undefined;
        hasMore.value = false;
        problem.value = undefined;
      }
    },
    reload() {
      // Until the first response there is nothing that could have changed.
      if (found.peek() !== undefined) void search();
    },
  };
}
