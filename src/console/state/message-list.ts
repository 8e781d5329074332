import { computed, signal } from '@preact/signals';
import type { MessagePageFragment, MessagePartsFragment } from '../../gql/console/graphql.ts';
import { isLive, type MessageEntry, messageEntry } from './message.ts';
import { answerOf } from './message-state.ts';

/**
 * The messages of a session that are loaded, oldest first, each once.
 *
 * @param appeared Called with each new one.
 */
export function createTranscript(appeared: (entry: MessageEntry) => void) {
  const entries = signal<readonly MessageEntry[]>([]);
  /** Where what is older ends; undefined where all of it is loaded. */
  const earlier = signal<string | undefined>();

  const put = (kept: readonly MessageEntry[], messages: readonly MessagePartsFragment[]) => {
    const known = new Map(kept.map((entry) => [entry.id, entry]));
    const added: MessageEntry[] = [];
    for (const message of messages) {
      const entry = known.get(message.id);
      if (entry) update(entry, message);
      else added.push(messageEntry(message));
    }
    if (added.length > 0 || kept !== entries.value) {
      entries.value = [...kept, ...added].sort((a, b) => a.databaseId - b.databaseId);
    }
    for (const entry of added) appeared(entry);
  };
  const messagesOf = (page: MessagePageFragment) => page.edges.map(({ node }) => node);
  const cursorOf = ({ pageInfo }: MessagePageFragment) =>
    pageInfo.hasPreviousPage ? (pageInfo.startCursor ?? undefined) : undefined;

  return {
    entries,
    earlier,
    /** The answer that is being written, or else the first that waits. */
    live: computed(() => {
      const live = entries.value.filter(isLive);
      return live.find(({ answer }) => !answer.value.isQueued) ?? live[0];
    }),
    add: (...messages: MessagePartsFragment[]) => put(entries.value, messages),
    addEarlier(page: MessagePageFragment) {
      earlier.value = cursorOf(page);
      put(entries.value, messagesOf(page));
    },
    /**
     * The end of the conversation as the gateway has it. What is not in it any more goes.
     *
     * @param asked What was here when the gateway was asked; what has come since stays.
     */
    putNewest(page: MessagePageFragment, asked: readonly MessageEntry[]) {
      const messages = messagesOf(page);
      const ids = new Set(messages.map(({ id }) => id));
      const first = messages[0]?.databaseId ?? 0;
      const overlaps = page.pageInfo.hasPreviousPage && entries.value.some(({ id }) => ids.has(id));
      const isEarlier = ({ databaseId }: MessageEntry) => overlaps && databaseId < first;
      const kept = entries.value.filter(
        (entry) => ids.has(entry.id) || isEarlier(entry) || !asked.includes(entry),
      );
      if (!kept.some(isEarlier)) earlier.value = cursorOf(page);
      put(kept.length === entries.value.length ? entries.value : kept, messages);
    },
    clear() {
      entries.value = [];
      earlier.value = undefined;
    },
  };
}

export type Transcript = ReturnType<typeof createTranscript>;

/** What the history says of a live answer is older than what is followed; and an answer never begins again. */
function update(entry: MessageEntry, message: MessagePartsFragment): void {
  if (message.status === 'STREAMING') return;
  const { omittedMessages } = entry.answer.value;
  if (entry.answer.value.status === 'STREAMING') {
    entry.answer.value = { ...answerOf(message), omittedMessages };
  }
}
