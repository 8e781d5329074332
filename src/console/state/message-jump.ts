import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import {
  EarlierMessagesDocument,
  LaterMessagesDocument,
  type LaterPageFragment,
  MessagePlaceDocument,
  MessagesAroundDocument,
  type MessagesAroundQuery,
} from '../../gql/console/graphql.ts';
import type { Ask } from '../gateway/ask.ts';
import { wordsOf } from '../gateway/words-of.ts';
import { createMessageList, type MessageList } from './message-list.ts';

const pageSize = 60;

/** A part of the branch above the newest messages, with a gap between the two. */
interface Excerpt {
  readonly list: MessageList;
  /** The cursor that loads later messages. */
  readonly laterCursor: Signal<string>;
}

/** Shows a message of a session, however far up it is, on its own branch. */
export interface MessageJump {
  /** What is shown in place of the newest messages. Undefined: these. */
  readonly excerpt: ReadonlySignal<Excerpt | undefined>;
  /** The list that is shown: that of the excerpt, or the newest messages. */
  readonly shown: ReadonlySignal<MessageList>;
  /** The message that is to be brought into view. */
  readonly target: Signal<string | undefined>;
  /** Why the message cannot be shown. */
  readonly problem: ReadonlySignal<string | undefined>;
  /** Shows a message. If another branch is shown, the session shows that of the message from then on. */
  to(messageId: string): Promise<void>;
  /** @throws GatewayError */
  loadEarlier(): Promise<void>;
  /**
   * Loads the messages behind the excerpt. When it reaches the newest messages, they become one list.
   *
   * @throws GatewayError
   */
  loadLater(): Promise<void>;
  /** Closes the excerpt if it is not on the shown branch any more. */
  check(): Promise<void>;
  /** Shows the newest messages. */
  close(): void;
}

export interface MessageJumpOptions {
  ask: Ask;
  sessionId: string;
  /** The newest messages. */
  newest: MessageList;
  /** Resolves when the newest messages have been loaded, or when that has failed. */
  loaded: Promise<unknown>;
  /** Lets the session show the branch through a message, and loads the newest messages again. */
  select(messageId: string): Promise<void>;
}

export function createMessageJump(options: MessageJumpOptions): MessageJump {
  const { ask, sessionId, newest, loaded, select } = options;
  const excerpt = signal<Excerpt | undefined>();
  const shown = computed(() => excerpt.value?.list ?? newest);
  const target = signal<string | undefined>();
  const problem = signal<string | undefined>();
  /** Counts the jumps: a later one overtakes those that are still loading. */
  let jumps = 0;

  const has = (list: MessageList, id: string) => list.messages.peek().some((each) => each.id === id);
  const reaches = ({ edges, pageInfo }: LaterPageFragment) =>
    !pageInfo.hasNextPage || edges.some(({ node }) => has(newest, node.id));

  const load = async (messageId: string, isFirst: boolean): Promise<void> => {
    if (has(newest, messageId)) return show(undefined);
    const { node } = await ask(MessagePlaceDocument, { messageId });
    if (node?.__typename !== 'Message' || node.session.id !== sessionId)
      throw new Error('This message does not exist any more.');
    const { session } = await ask(MessagesAroundDocument, { sessionId, cursor: node.cursor });
    if (!session) throw new Error('This session does not exist any more.');
    if (!isOnBranch(messageId, session)) {
      if (!isFirst) throw new Error('The conversation has moved on meanwhile. Try again.');
      await select(messageId);
      return load(messageId, false);
    }
    const list = createMessageList(() => undefined);
    const { earlier, later } = session;
    list.addEarlier({ ...earlier, edges: [...earlier.edges, { node }, ...later.edges] });
    if (reaches(later)) {
      newest.prepend(list, []);
      return show(undefined);
    }
    show({ list, laterCursor: signal(later.pageInfo.endCursor ?? node.cursor) });
  };
  const show = (next: Excerpt | undefined) => {
    excerpt.value = next;
  };
  return {
    excerpt,
    shown,
    target,
    problem,
    async to(messageId) {
      jumps += 1;
      const number = jumps;
      problem.value = undefined;
      try {
        if (!has(shown.peek(), messageId)) {
          await loaded;
          await load(messageId, true);
        }
        if (number === jumps) target.value = messageId;
      } catch (error) {
        if (number === jumps) problem.value = wordsOf(error);
      }
    },
    async loadEarlier() {
      const list = shown.peek();
      const cursor = list.earlierCursor.peek() ?? null;
      const { session } = await ask(EarlierMessagesDocument, { sessionId, last: pageSize, before: cursor });
      if (session) list.addEarlier(session.messages);
    },
    async loadLater() {
      const { value: from } = excerpt;
      if (!from) return;
      const after = from.laterCursor.peek();
      const { session } = await ask(LaterMessagesDocument, { sessionId, first: pageSize, after });
      if (!session || from !== excerpt.peek()) return;
      const page = session.messages;
      const nodes = page.edges.map(({ node }) => node);
      batch(() => {
        if (!continues(page, from)) return show(undefined);
        if (reaches(page)) {
          newest.prepend(from.list, nodes);
          return show(undefined);
        }
        from.list.append(nodes);
        from.laterCursor.value = page.pageInfo.endCursor ?? after;
      });
    },
    async check() {
      const { value: from } = excerpt;
      if (!from) return;
      const after = from.laterCursor.peek();
      const { session } = await ask(LaterMessagesDocument, { sessionId, first: 1, after });
      if (from === excerpt.peek() && !(session && continues(session.messages, from))) show(undefined);
    },
    close() {
      jumps += 1;
      problem.value = undefined;
      show(undefined);
    },
  };
}

type Around = NonNullable<MessagesAroundQuery['session']>;

/** Whether the branch that is shown goes through a message. */
function isOnBranch(messageId: string, { later, head }: Around): boolean {
  const [next] = later.edges;
  return next ? next.node.parent?.id === messageId : head?.id === messageId;
}

/** Whether a page is what follows the excerpt: the session may show another branch now. */
function continues({ edges }: LaterPageFragment, { list }: Excerpt): boolean {
  const [first] = edges;
  return first !== undefined && first.node.parent?.id === list.messages.peek().at(-1)?.id;
}
