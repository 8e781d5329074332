import { computed, signal } from '@preact/signals';
import type {
  MessagePageFragment,
  MessagePartsFragment,
  RecordingPartsFragment,
} from '../../gql/console/graphql.ts';
import { createMessage, isLive, isWithdrawn, type Message, versionsOf } from './message.ts';
import { shownContext, storedState } from './message-state.ts';

/**
 * The loaded messages of the branch that a session shows, oldest first, each once.
 *
 * @param onNew Called with each message that was not in the list.
 */
export function createMessageList(onNew: (message: Message) => void) {
  const messages = signal<readonly Message[]>([]);
  /** The cursor that loads earlier messages; undefined when all are loaded. */
  const earlierCursor = signal<string | undefined>();
  let recordingChanges = 0;

  const put = (kept: readonly Message[], stored: readonly MessagePartsFragment[]) => {
    const known = new Map(kept.map((message) => [message.id, message]));
    const added = stored.filter(({ id }) => !known.has(id)).map(createMessage);
    for (const each of stored) {
      const message = known.get(each.id);
      if (!message) continue;
      update(message, each);
      message.steeredInto.value = each.steeredInto?.id;
      updateVersions(message, each);
      updateRecording(message, each);
    }
    if (added.length > 0 || kept !== messages.value) {
      messages.value = [...kept, ...added].sort((a, b) => a.databaseId - b.databaseId);
    }
    for (const message of added) onNew(message);
  };

  return {
    messages,
    earlierCursor,
    /**
     * The messages to show: all but the answers of withdrawn prompts, which will never be written, and the prompts that have
     * joined an answer, which shows them.
     */
    shown: computed(() => {
      const ids = new Set(messages.value.map(({ id }) => id));
      const isJoined = ({ steeredInto: { value: answerId } }: Message) =>
        answerId !== undefined && ids.has(answerId);
      return messages.value.filter((message, index, all) => {
        if (message.role === 'USER') return !isJoined(message);
        const before = all[index - 1];
        return before === undefined || !(isWithdrawn(before) || isJoined(before));
      });
    }),
    /** The answer that is being written, otherwise the first queued one. */
    live: computed(() => {
      const live = messages.value.filter(isLive);
      return live.find(({ state }) => !state.value.isQueued) ?? live[0];
    }),
    /** Adds a message that continues the branch. Returns false for one that does not. */
    add(stored: MessagePartsFragment): boolean {
      const isKnown = messages.value.some(({ id }) => id === stored.id);
      if (!isKnown && messages.value.at(-1)?.id !== stored.parent?.id) return false;
      put(messages.value, [stored]);
      return true;
    },
    /** Updates the messages that are in the list. The others belong to a branch that is not shown. */
    refresh(...stored: MessagePartsFragment[]) {
      const ids = new Set(messages.value.map(({ id }) => id));
      put(
        messages.value,
        stored.filter(({ id }) => ids.has(id)),
      );
    },
    /** Shows that a prompt has joined an answer. */
    join(promptId: string, answerId: string) {
      const prompt = messages.value.find(({ id }) => id === promptId);
      if (prompt) prompt.steeredInto.value = answerId;
    },
    addEarlier(page: MessagePageFragment) {
      earlierCursor.value = cursorOf(page);
      put(messages.value, messagesOf(page));
    },
    /** Adds messages that follow those of the list. */
    append(stored: readonly MessagePartsFragment[]) {
      put(messages.value, stored);
    },
    /**
     * Adds the messages of another list, which end where this one begins or within it.
     *
     * @param between Further messages, between the two.
     */
    prepend(
      other: { messages: { value: readonly Message[] }; earlierCursor: { value: string | undefined } },
      between: readonly MessagePartsFragment[],
    ) {
      const ids = new Set(messages.value.map(({ id }) => id));
      const earlier = other.messages.value.filter(({ id }) => !ids.has(id));
      earlierCursor.value = other.earlierCursor.value;
      put([...earlier, ...messages.value], between);
    },
    /**
     * Makes the end of the list equal to the newest page. Messages that the gateway has deleted disappear.
     *
     * @param requestedWith The messages at the time of the request. Messages added since then stay, because the
     *   page may be older.
     */
    putNewest(page: MessagePageFragment, requestedWith: readonly Message[]) {
      const { kept, hasEarlier } = keptMessages(messages.value, page, requestedWith);
      if (!hasEarlier) earlierCursor.value = cursorOf(page);
      put(kept, messagesOf(page));
    },
    /** Counts the calls of `showRecording`. A page that was asked for before such a call may be older. */
    get recordingChanges() {
      return recordingChanges;
    },
    /** Shows the recording that a message has now. */
    showRecording(messageId: string, recording: RecordingPartsFragment | undefined) {
      recordingChanges += 1;
      const message = messages.value.find(({ id }) => id === messageId);
      if (message) message.recording.value = recording;
    },
    clear() {
      messages.value = [];
      earlierCursor.value = undefined;
    },
  };
}

export type MessageList = ReturnType<typeof createMessageList>;

function keptMessages(
  messages: readonly Message[],
  page: MessagePageFragment,
  requestedWith: readonly Message[],
): { kept: readonly Message[]; hasEarlier: boolean } {
  const stored = messagesOf(page);
  const ids = new Set(stored.map(({ id }) => id));
  const first = stored[0]?.databaseId ?? 0;
  // Without an overlap, messages may be missing before the page. Then only the page is kept.
  const overlaps = page.pageInfo.hasPreviousPage && messages.some(({ id }) => ids.has(id));
  const isEarlier = ({ databaseId }: Message) => overlaps && databaseId < first;
  const kept = messages.filter(
    (message) => ids.has(message.id) || isEarlier(message) || !requestedWith.includes(message),
  );
  return { kept: kept.length === messages.length ? messages : kept, hasEarlier: kept.some(isEarlier) };
}

function messagesOf(page: MessagePageFragment): MessagePartsFragment[] {
  return page.edges.map(({ node }) => node);
}

function cursorOf({ pageInfo }: MessagePageFragment): string | undefined {
  return pageInfo.hasPreviousPage ? (pageInfo.startCursor ?? undefined) : undefined;
}

/**
 * A live answer is newer here than in the database, because the page follows its run. An ended one never changes. A
 * prompt changes when it is withdrawn.
 */
function update({ role, state }: Message, stored: MessagePartsFragment): void {
  const mayChange = role === 'USER' || state.value.status === 'STREAMING';
  if (!mayChange || stored.status === 'STREAMING' || stored.status === state.value.status) return;
  state.value = { ...storedState(stored), ...shownContext(state.value) };
}

/** An equal list stays, so that nothing is drawn again. */
function updateVersions({ versions }: Message, stored: MessagePartsFragment): void {
  const next = versionsOf(stored);
  if (versions.value.join() !== next.join()) versions.value = next;
}

/** Each upload has another time. An equal recording stays, so that it goes on playing. */
function updateRecording({ recording }: Message, { audio }: MessagePartsFragment): void {
  if (recording.value?.uploadedAt !== audio?.uploadedAt) recording.value = audio ?? undefined;
}
