import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import {
  type MessagePartsFragment,
  SelectBranchDocument,
  SessionDocument,
  SessionEventsDocument,
  type SessionEventsSubscription,
  type SessionFactsFragment,
  type SessionStateFragment,
} from '../../gql/console/graphql.ts';
import type { Ask } from '../gateway/ask.ts';
import type { Link } from '../gateway/link.ts';
import { take } from '../gateway/take.ts';
import { wordsOf } from '../gateway/words-of.ts';
import { followRun } from './follow-run.ts';
import { isLive } from './message.ts';
import { createMessageJump, type MessageJump } from './message-jump.ts';
import { createMessageList, type MessageList } from './message-list.ts';

const pageSize = 30;

/** A copy of a session that is kept current, whichever client changes the session. Dispose it to stop that. */
export interface SyncedSession extends Disposable {
  readonly sessionId: string;
  /** Undefined until it is loaded. */
  readonly state: ReadonlySignal<SessionStateFragment | undefined>;
  readonly messageList: MessageList;
  /** Shows earlier messages. */
  readonly jump: MessageJump;
  /** Why the session cannot be loaded. */
  readonly problem: ReadonlySignal<string | undefined>;
  /** Whether the session was deleted or never existed. */
  readonly isGone: ReadonlySignal<boolean>;
  /**
   * Shows the state that a mutation returns. If an event comes before the response, the event may be newer, so the session
   * is loaded again.
   *
   * @throws What the mutation throws.
   */
  change(mutation: Promise<SessionStateFragment | null | undefined>): Promise<void>;
  reload(): Promise<void>;
  /**
   * Shows the branch through a message.
   *
   * @throws GatewayError
   */
  select(messageId: string): Promise<void>;
}

export function syncSession(ask: Ask, link: Link, sessionId: string): SyncedSession {
  const state = signal<SessionStateFragment | undefined>();
  const problem = signal<string | undefined>();
  const isGone = signal(false);
  const closing = new AbortController();
  const { signal: closed } = closing;

  const markGone = () => {
    isGone.value = true;
    problem.value = 'This session does not exist. It may have been deleted.';
  };
  const reload = async (): Promise<void> => {
    const requestedWith = messageList.messages.value;
    const requestedAt = state.value;
    const { recordingChanges } = messageList;
    try {
      const { session } = await ask(SessionDocument, { sessionId, last: pageSize });
      if (!session) return markGone();
      // An event or another response has changed the session meanwhile: this response may be older.
      if (state.value !== requestedAt || messageList.recordingChanges !== recordingChanges)
        return await reload();
      problem.value = undefined;
      state.value = session;
      messageList.putNewest(session.messages, requestedWith);
    } catch (error) {
      problem.value = wordsOf(error);
    }
  };
  const onChange = () => void reload();
  const messageList = createMessageList((message) => {
    if (!isLive(message) || message.runId === undefined) return;
    followRun({
      link,
      runId: message.runId,
      message,
      signal: closed,
      onJoined: messageList.join,
      onBreak: onChange,
    });
  });
  const select = async (messageId: string) => {
    const { selectBranch } = await ask(SelectBranchDocument, { messageId });
    if (selectBranch) state.value = selectBranch;
    // Without waiting for the event that tells of the other branch, so that a button stays busy until it is shown.
    await reload();
  };
  const loaded = reload();
  const jump = createMessageJump({ ask, sessionId, newest: messageList, loaded, select });
  const checkJump = () => void jump.check().catch(() => undefined);
  watchSession(link, sessionId, closed, { state, messageList, markGone, reload: onChange, checkJump });

  return {
    sessionId,
    state,
    messageList,
    jump,
    problem,
    isGone,
    async change(mutation) {
      const before = state.value;
      const changed = await mutation;
      if (state.value !== before) await reload();
      else if (changed) state.value = changed;
    },
    reload,
    select,
    [Symbol.dispose]: () => closing.abort(),
  };
}

type SessionEvent = SessionEventsSubscription['sessionEvents'];

interface Target {
  state: Signal<SessionStateFragment | undefined>;
  messageList: MessageList;
  markGone(): void;
  reload(): void;
  /** Called when the session may show another branch. */
  checkJump(): void;
}

function watchSession(link: Link, sessionId: string, signal: AbortSignal, target: Target): void {
  // Load the session after each connection, because the gateway does not send changes that happened without one.
  const options = { signal, onOpen: target.reload };
  void take(link.client.subscribe(SessionEventsDocument, { sessionId }, options), {
    signal,
    next: ({ sessionEvents }) => applyEvent(sessionEvents, target),
    ended: target.reload,
  });
}

function applyEvent(event: SessionEvent, { state, messageList, markGone, reload, checkJump }: Target): void {
  // The nodes and the workspace have events of their own.
  const showFacts = (facts: SessionFactsFragment) => {
    if (state.value) state.value = { ...state.value, ...facts };
    else reload();
  };
  switch (event.__typename) {
    case 'MessageAdded':
      // A message that does not continue the branch may belong to another one, which may be shown now.
      if (event.message && !messageList.add(event.message)) reload();
      return;
    case 'HeadMoved':
      reload();
      checkJump();
      return;
    case 'RunEnded':
      if (event.run) messageList.refresh(...messagesOf(event.run));
      if (event.run) showFacts(event.run.session);
      return;
    case 'SessionUpdated':
      if (event.session) showFacts(event.session);
      return;
    case 'SessionNodeChanged':
      state.value = state.value && withNode(state.value, event);
      return;
    case 'WorkspaceChanged':
      state.value = state.value && { ...state.value, workspace: event.workspace ?? null };
      return;
    case 'HistoryCleared':
      messageList.clear();
      reload();
      checkJump();
      return;
    case 'SessionDeleted':
      markGone();
  }
}

type EndedRun = NonNullable<Extract<SessionEvent, { __typename: 'RunEnded' }>['run']>;

/** The prompt too: it may have been withdrawn. */
function messagesOf({ userMessage, assistantMessage }: EndedRun): MessagePartsFragment[] {
  return [userMessage, assistantMessage].filter((message) => message != null);
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
