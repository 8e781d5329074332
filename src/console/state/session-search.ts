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

  const search = async (wanted: string) => {
    try {
      const { sessions } = await ask(SessionsDocument, { first: mostFound, search: wanted });
      // Responses may arrive in another order.
      if (text.value.trim() !== wanted) return;
      found.value = sessions.edges.map(({ node }) => node);
      hasMore.value = sessions.pageInfo.hasNextPage;
      problem.value = undefined;
    } catch (error) {
      if (text.value.trim() === wanted) problem.value = wordsOf(error);
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
      const wanted = written.trim();
      if (wanted !== '') timer = setTimeout(() => void search(wanted), debounceMs);
      else {
        found.value = undefined;
        problem.value = undefined;
      }
    },
  };
}
