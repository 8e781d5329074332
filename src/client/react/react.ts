import {
  createContext,
  createElement,
  type ReactNode,
  useContext,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react';
import type { ChatOptions, Switchyard } from '../client.ts';
import type { ApproveOptions } from '../followed-run.ts';
import {
  type ChatMessage,
  createLiveSession,
  isLive,
  type LiveSession,
  type SessionState,
} from './live-session.ts';
import { createLiveSessions, type LiveSessions, type SessionsState } from './live-sessions.ts';

export type { ChatMessage, SessionState } from './live-session.ts';
export type { SessionsState } from './live-sessions.ts';

const ClientContext = createContext<Switchyard | undefined>(undefined);

/** Gives the hooks below it their client. */
export function SwitchyardProvider({ client, children }: { client: Switchyard; children?: ReactNode }) {
  return createElement(ClientContext, { value: client }, children);
}

/** The client of the nearest `SwitchyardProvider`. */
export function useSwitchyard(): Switchyard {
  const client = useContext(ClientContext);
  if (!client) throw new Error('Put a SwitchyardProvider with a client around this component.');
  return client;
}

interface Stores {
  readonly sessions: Map<string, LiveSession>;
  readonly lists: Map<string, LiveSessions>;
}

/** Components that show the same session share what keeps it current. */
const stores = new WeakMap<Switchyard, Stores>();

function storesOf(client: Switchyard): Stores {
  const known = stores.get(client) ?? { sessions: new Map(), lists: new Map() };
  stores.set(client, known);
  return known;
}

function shared<L>(map: Map<string, L>, key: string, create: (onClose: () => void) => L): L {
  const known = map.get(key);
  if (known) return known;
  const live = create(() => {
    if (map.get(key) === live) map.delete(key);
  });
  map.set(key, live);
  return live;
}

function useLiveSession(sessionId: string): LiveSession {
  const client = useSwitchyard();
  return useMemo(() => {
    const { sessions } = storesOf(client);
    return shared(sessions, sessionId, (onClose) => createLiveSession(client, sessionId, onClose));
  }, [client, sessionId]);
}

/** The sessions of the user, kept current. The one with the newest activity is first. */
export function useSessions(
  options: { search?: string } = {},
): SessionsState & { loadMore(): Promise<void> } {
  const client = useSwitchyard();
  const { search } = options;
  const live = useMemo(() => {
    const { lists } = storesOf(client);
    return shared(lists, search ?? '', (onClose) => createLiveSessions(client, search, onClose));
  }, [client, search]);
  const state = useSyncExternalStore(live.subscribe, live.current, live.current);
  return useMemo(() => ({ ...state, loadMore: live.loadMore }), [state, live]);
}

/** A session and its settings, kept current. */
export function useSession(sessionId: string): Pick<SessionState, 'status' | 'session' | 'error'> {
  const live = useLiveSession(sessionId);
  const { status, session, error } = useSyncExternalStore(live.subscribe, live.current, live.current);
  return useMemo(() => ({ status, session, error }), [status, session, error]);
}

export interface Chat {
  /**
   * `submitted`: a prompt was sent, and its answer is not shown yet. `streaming`: an answer is queued or written, also
   * one that another client or an earlier visit of the page has asked for.
   */
  readonly status: SessionState['status'] | 'submitted' | 'streaming';
  /** Those of the branch that the session shows, oldest first. The text of an answer grows while it is written. */
  readonly messages: readonly ChatMessage[];
  /** Why the session cannot be loaded, or the newest prompt was refused. */
  readonly error: Error | undefined;
  readonly hasEarlier: boolean;
  loadEarlier(): Promise<void>;
  /** Sends a prompt. A lost connection makes no second one. Resolves with whether the gateway has taken it. */
  send(prompt: string, options?: ChatOptions): Promise<boolean>;
  /** Cancels the answers that are queued or written. */
  stop(): Promise<void>;
  /** Decides about a tool call of a message that waits. */
  approve(message: ChatMessage, callId: string, options?: ApproveOptions): Promise<void>;
  deny(message: ChatMessage, callId: string, reason?: string): Promise<void>;
}

/** The conversation of a session, with answers that are being written, and what a chat needs to go on. */
export function useChat(sessionId: string): Chat {
  const client = useSwitchyard();
  const live = useLiveSession(sessionId);
  const state = useSyncExternalStore(live.subscribe, live.current, live.current);
  const [sending, setSending] = useState<Sending>({ sessionId, count: 0, error: undefined });
  const own = sending.sessionId === sessionId ? sending : { sessionId, count: 0, error: undefined };

  const actions = useMemo(() => {
    const runOf = ({ run }: ChatMessage) => {
      if (!run) throw new TypeError('The message has no run.');
      return client.follow(run.id);
    };
    const change = (count: number, error: Error | undefined) =>
      setSending((before) => {
        const known = before.sessionId === sessionId ? before.count : 0;
        return { sessionId, count: Math.max(0, known + count), error };
      });
    return {
      loadEarlier: live.loadEarlier,
      async send(prompt: string, options: ChatOptions = {}) {
        change(1, undefined);
        try {
          await live.send(prompt, options);
          change(-1, undefined);
          return true;
        } catch (error) {
          change(-1, error as Error);
          return false;
        }
      },
      async stop() {
        const answers = live.current().messages.filter(isLive);
        await Promise.all(answers.map((message) => runOf(message).cancel()));
      },
      approve: (message: ChatMessage, callId: string, options?: ApproveOptions) =>
        runOf(message).approve(callId, options),
      deny: (message: ChatMessage, callId: string, reason?: string) => runOf(message).deny(callId, reason),
    };
  }, [client, live, sessionId]);

  return useMemo(() => {
    const { messages, earlierCursor } = state;
    const activity = messages.some(isLive) ? 'streaming' : own.count > 0 ? 'submitted' : 'ready';
    return {
      ...actions,
      messages,
      status: state.status === 'ready' ? activity : state.status,
      error: state.error ?? own.error,
      hasEarlier: earlierCursor !== undefined,
    };
  }, [actions, state, own.count, own.error]);
}

interface Sending {
  readonly sessionId: string;
  /** How many prompts are on their way. */
  readonly count: number;
  readonly error: Error | undefined;
}
