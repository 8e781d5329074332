import {
  type MessageFactsFragment,
  OpenSessionDocument,
  type OpenSessionQuery,
  SendPromptDocument,
  type SessionFactsFragment,
} from '../../gql/react/graphql.ts';
import type { ToolCall } from '../answer.ts';
import type { ChatOptions, SessionEvent, Switchyard } from '../client.ts';
import { GatewayError } from '../errors.ts';
import { randomId } from '../random-id.ts';
import { isTerminal } from '../run-events.ts';
import type { WatchGap } from '../watch-events.ts';
import { createLive, type Live } from './live.ts';

/** A message as a page shows it. While its answer is written, text and tool calls grow. */
export interface ChatMessage extends Omit<MessageFactsFragment, 'content' | 'reasoning' | 'toolCalls'> {
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCall[];
}

export interface SessionState {
  /** `gone`: the session was deleted, or never existed. `failed`: `error` says why it cannot be loaded. */
  readonly status: 'loading' | 'ready' | 'gone' | 'failed';
  readonly session: SessionFactsFragment | undefined;
  /** Those of the branch that the session shows, oldest first: the newest, and those that `loadEarlier` has loaded. */
  readonly messages: readonly ChatMessage[];
  readonly earlierCursor: string | undefined;
  readonly error: GatewayError | undefined;
}

export interface LiveSession extends Live<SessionState> {
  send(prompt: string, options: ChatOptions): Promise<void>;
  loadEarlier(): Promise<void>;
}

const pageSize = 30;

const initial: SessionState = {
  status: 'loading',
  session: undefined,
  messages: [],
  earlierCursor: undefined,
  error: undefined,
};

export function createLiveSession(client: Switchyard, sessionId: string, onClose: () => void): LiveSession {
  let opened: Opened | undefined;
  const live = createLive<SessionState>({
    initial,
    open(set, signal) {
      opened = new Opened(client, sessionId, set, signal);
    },
    onClose,
  });
  return {
    ...live,
    async send(prompt, { signal, onOpen: _, ...input }) {
      const requestId = input.requestId ?? randomId();
      const variables = { input: { ...input, sessionId, prompt, requestId } };
      const options = { retry: true, ...(signal && { signal }) };
      const { sendMessage } = await client.query(SendPromptDocument, variables, options);
      for (const message of [sendMessage.userMessage, sendMessage.assistantMessage])
        if (message) opened?.add(message);
      live.flush();
    },
    async loadEarlier() {
      const before = live.current().earlierCursor;
      if (before === undefined) return;
      const { session } = await client.query(OpenSessionDocument, { sessionId, last: pageSize, before });
      live.update((state) => {
        // A reload has replaced what the page belongs to.
        if (!session || state.earlierCursor !== before) return state;
        const earlier = session.messages.edges.map(({ node }) => stored(node));
        return {
          ...state,
          messages: [...earlier, ...state.messages],
          earlierCursor: cursorOf(session.messages),
        };
      });
    },
  };
}

type Change = (change: (state: SessionState) => SessionState) => void;

/** A session while it is watched. */
class Opened {
  readonly #followed = new Set<string>();
  /** Counts what may make a response stale that is on its way. */
  #changes = 0;
  #isLoading = false;

  readonly #client: Switchyard;
  readonly #sessionId: string;
  readonly #set: Change;
  readonly #signal: AbortSignal;

  constructor(client: Switchyard, sessionId: string, set: Change, signal: AbortSignal) {
    this.#client = client;
    this.#sessionId = sessionId;
    this.#set = set;
    this.#signal = signal;
    void this.#watch();
  }

  async #watch(): Promise<void> {
    let isLoaded = false;
    // Load when the stream is open, so that nothing falls between the two.
    const onOpen = () => {
      if (!isLoaded) void this.#load();
      isLoaded = true;
    };
    try {
      for await (const event of this.#client.watch(this.#sessionId, { signal: this.#signal, onOpen }))
        this.#apply(event);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#signal.aborted) return;
    if (!(error instanceof GatewayError)) throw error;
    const status = error.code === 'NOT_FOUND' ? 'gone' : 'failed';
    this.#set((state) => ({ ...state, status, error }));
  }

  async #load(): Promise<void> {
    this.#changes += 1;
    if (this.#isLoading) return;
    this.#isLoading = true;
    try {
      for (let seen = 0; seen !== this.#changes; ) {
        seen = this.#changes;
        const variables = { sessionId: this.#sessionId, last: pageSize };
        const options = { retry: true, signal: this.#signal };
        const { session } = await this.#client.query(OpenSessionDocument, variables, options);
        if (seen === this.#changes) this.#show(session);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isLoading = false;
    }
  }

  #show(session: Loaded): void {
    if (!session) {
      this.#set((state) => ({ ...state, status: 'gone' }));
      return;
    }
    const { messages: page, ...facts } = session;
    this.#set((state) => {
      const known = new Map(state.messages.map((message) => [message.id, message]));
      const messages = page.edges.map(({ node }) => keepAnswer(stored(node), known.get(node.id)));
      return {
        ...state,
        status: 'ready',
        error: undefined,
        session: facts,
        messages,
        earlierCursor: cursorOf(page),
      };
    });
    this.#followLive(page.edges.map(({ node }) => node));
  }

  #apply(event: SessionEvent | WatchGap): void {
    if (this.#isLoading) this.#changes += 1;
    switch (event.__typename) {
      case 'MessageAdded':
        if (event.message) this.add(event.message);
        return;
      case 'HeadMoved':
      case 'HistoryCleared':
      case 'WatchGap':
        void this.#load();
        return;
      case 'RunEnded':
        for (const message of [event.run?.userMessage, event.run?.assistantMessage])
          if (message) this.#put(message.id, (known) => keepAnswer(stored(message), known));
        this.#showFacts(event.session);
        return;
      case 'RunStarted':
      case 'SessionUpdated':
        this.#showFacts(event.session);
        return;
      case 'SessionDeleted':
        this.#set((state) => ({ ...state, status: 'gone' }));
    }
  }

  #showFacts(session: SessionFactsFragment | null | undefined): void {
    if (session) this.#set((state) => ({ ...state, session }));
  }

  /** A message that does not continue the branch belongs to another one. */
  add(message: MessageFactsFragment): void {
    let isShown = false;
    this.#set((state) => {
      const newest = state.messages.at(-1)?.id;
      isShown = newest === message.parent?.id && !state.messages.some(({ id }) => id === message.id);
      return isShown ? { ...state, messages: [...state.messages, stored(message)] } : state;
    });
    if (isShown) this.#followLive([message]);
  }

  #put(id: string, change: (known: ChatMessage) => ChatMessage): void {
    this.#set((state) => ({
      ...state,
      messages: state.messages.map((known) => (known.id === id ? change(known) : known)),
    }));
  }

  #followLive(messages: readonly MessageFactsFragment[]): void {
    for (const message of messages) {
      if (!isLive(message) || !message.run || this.#followed.has(message.run.id)) continue;
      this.#followed.add(message.run.id);
      void this.#follow(message.run.id, message);
    }
  }

  async #follow(runId: string, message: MessageFactsFragment): Promise<void> {
    const run = this.#client.follow(runId, { signal: this.#signal });
    let isBehind = true;
    try {
      for await (const event of run) {
        // The stored text is shown until the followed one has caught up with it.
        isBehind &&= run.text.length < message.content.length && !run.hasGap && !isTerminal(event);
        if (isBehind) continue;
        const { text, reasoning, toolCalls } = run;
        const end = 'message' in event && event.message ? { ...message, ...event.message } : message;
        this.#put(end.id, () => ({ ...stored(end), text, reasoning, toolCalls }));
      }
    } catch (error) {
      if (this.#signal.aborted) return;
      if (!(error instanceof GatewayError)) throw error;
      this.#followed.delete(runId);
      void this.#load();
    }
  }
}

type Loaded = OpenSessionQuery['session'];

export function isLive({ role, status }: Pick<ChatMessage, 'role' | 'status'>): boolean {
  return role === 'ASSISTANT' && status === 'STREAMING';
}

function stored({ content, reasoning, toolCalls, ...message }: MessageFactsFragment): ChatMessage {
  return {
    ...message,
    text: content,
    reasoning: reasoning ?? '',
    toolCalls: toolCalls.map((call) => ({ ...call, output: '' })),
  };
}

/** While an answer is written, the stored one is older than the followed one. The stored calls have no output. */
function keepAnswer(message: ChatMessage, known: ChatMessage | undefined): ChatMessage {
  if (!known) return message;
  if (isLive(message)) return known;
  if (message.toolCalls.length === 0) return message;
  const outputs = new Map(known.toolCalls.map(({ callId, output }) => [callId, output]));
  const toolCalls = message.toolCalls.map((call) => ({
    ...call,
    output: call.output === '' ? (outputs.get(call.callId) ?? '') : call.output,
  }));
  return { ...message, toolCalls };
}

function cursorOf({ pageInfo }: { pageInfo: { hasPreviousPage: boolean; startCursor?: string | null } }) {
  return pageInfo.hasPreviousPage ? (pageInfo.startCursor ?? undefined) : undefined;
}
