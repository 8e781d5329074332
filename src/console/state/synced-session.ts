import { type ReadonlySignal, signal } from '@preact/signals';
import {
  ConversationDocument,
  EarlierMessagesDocument,
  SessionEventsDocument,
  type SessionEventsSubscription,
  type SessionStateFragment,
} from '../../gql/console/graphql.ts';
import type { Ask } from '../gateway/ask.ts';
import type { Link } from '../gateway/link.ts';
import { take } from '../gateway/take.ts';
import { wordsOf } from '../gateway/words-of.ts';
import { followRun } from './follow-run.ts';
import { isLive, type MessageEntry } from './message.ts';
import { createTranscript, type Transcript } from './message-list.ts';

const pageSize = 30;

/** A session as it is on this page, kept up to date whoever changes it. */
export interface Conversation extends Disposable {
  readonly sessionId: string;
  /** Undefined until it is loaded. */
  readonly session: ReadonlySignal<SessionStateFragment | undefined>;
  readonly transcript: Transcript;
  /** Why it cannot be shown, or not be followed. */
  readonly problem: ReadonlySignal<string | undefined>;
  /** It was deleted, or is not there. */
  readonly isGone: ReadonlySignal<boolean>;
  update(session: SessionStateFragment): void;
  reload(): Promise<void>;
  /** @throws GatewayError */
  loadEarlier(): Promise<void>;
}

type SessionEvent = SessionEventsSubscription['sessionEvents'];

export function openConversation(ask: Ask, link: Link, sessionId: string): Conversation {
  const session = signal<SessionStateFragment | undefined>();
  const problem = signal<string | undefined>();
  const isGone = signal(false);
  const unfollows = new Set<() => void>();

  const follow = (entry: MessageEntry) => {
    const { runId } = entry;
    if (!isLive(entry) || runId === undefined) return;
    unfollows.add(followRun({ link, runId, entry, brokenOff: () => void reload() }));
  };
  const transcript = createTranscript(follow);

  const gone = () => {
    isGone.value = true;
    problem.value = 'There is no such session. It may have been deleted.';
  };
  const reload = async () => {
    const asked = transcript.entries.value;
    try {
      const found = (await ask(ConversationDocument, { sessionId, last: pageSize })).session;
      if (!found) return gone();
      problem.value = undefined;
      session.value = found;
      transcript.putNewest(found.messages, asked);
    } catch (error) {
      problem.value = wordsOf(error);
    }
  };
  const happened = (event: SessionEvent) => {
    switch (event.__typename) {
      case 'MessageAdded':
        if (event.message) transcript.add(event.message);
        return;
      case 'RunEnded':
        if (event.run?.assistantMessage) transcript.add(event.run.assistantMessage);
        if (event.run) session.value = event.run.session;
        return;
      case 'SessionUpdated':
        if (event.session) session.value = event.session;
        return;
      case 'SessionNodeChanged':
        session.value = session.value && withNode(session.value, event);
        return;
      case 'HistoryCleared':
        transcript.clear();
        return void reload();
      case 'SessionDeleted':
        return gone();
    }
  };
  const leaving = new AbortController();
  const { signal: left } = leaving;
  // What happened before the subscription is in the history.
  const onOpen = () => void reload();
  void take(
    link.client.watch(SessionEventsDocument, () => ({ sessionId }), { signal: left, onOpen }),
    {
      signal: left,
      next: ({ sessionEvents }) => happened(sessionEvents),
      ended: () => void reload(),
    },
  );
  void reload();

  return {
    sessionId,
    session,
    transcript,
    problem,
    isGone,
    reload,
    update(changed) {
      session.value = changed;
    },
    async loadEarlier() {
      const before = transcript.earlier.value;
      const variables = { sessionId, last: pageSize, before: before ?? null };
      const found = (await ask(EarlierMessagesDocument, variables)).session;
      if (found) transcript.addEarlier(found.messages);
    },
    [Symbol.dispose]() {
      leaving.abort();
      for (const unfollow of unfollows) unfollow();
    },
  };
}

function withNode(
  session: SessionStateFragment,
  { nodeId, sessionNode }: Extract<SessionEvent, { __typename: 'SessionNodeChanged' }>,
): SessionStateFragment {
  const others = session.nodes.filter(({ node }) => node.nodeId !== nodeId);
  if (!sessionNode) return { ...session, nodes: others };
  const isKnown = others.length < session.nodes.length;
  const nodes = isKnown
    ? session.nodes.map((each) => (each.node.nodeId === nodeId ? sessionNode : each))
    : [...others, sessionNode];
  return { ...session, nodes };
}
