import {
  ApproveToolCallDocument,
  CancelRunDocument,
  ChatDocument,
  type ChatInput,
  DenyToolCallDocument,
  FollowRunDocument,
  UploadAttachmentDocument,
  type UploadAttachmentMutation,
  UploadRecordingDocument,
  type UploadRecordingMutation,
  UploadWorkspaceFileDocument,
  type UploadWorkspaceFileMutation,
  WatchSessionDocument,
  type WatchSessionSubscription,
  WatchViewerDocument,
  type WatchViewerSubscription,
} from '../gql/client/graphql.ts';
import { ask, dataOf, type Result } from './ask.ts';
import { createDistinctConnections } from './distinct-connections.ts';
import { type Document, type Print, textOf } from './document.ts';
import { createFollowedRun, type FollowedRun, type RunCalls } from './followed-run.ts';
import { randomId } from './random-id.ts';
import { createRetry, type Retry, repeat } from './retry.ts';
import { followRun, type RunEvent } from './run-events.ts';
import { graphqlUrl, type SubscribeOptions, type Transport, type TransportOptions } from './transport.ts';
import { watch } from './watch.ts';
import { type WatchGap, type WatchOptions, watchEvents } from './watch-events.ts';

export type { ToolCall } from './answer.ts';
export {
  BusyError,
  GatewayError,
  RunFailedError,
  UnauthenticatedError,
  UnreachableError,
} from './errors.ts';
export type { ApproveOptions, FollowedRun, RunResult } from './followed-run.ts';
export { createRetry } from './retry.ts';
export { isTerminal, type RunEvent } from './run-events.ts';
export { createSingleConnection } from './single-connection.ts';
export type { WatchGap, WatchOptions } from './watch-events.ts';

export interface SwitchyardOptions extends TransportOptions {
  /** What to do after a failed attempt. Default: `createRetry()`. */
  retry?: Retry;
  /** Default: each subscription has a connection of its own. */
  transport?: Transport;
  /** `print` of `graphql`, for documents that are syntax trees. */
  print?: Print;
}

export interface QueryOptions {
  /** How long one attempt may take, in milliseconds. Default: 30,000; no limit where files are sent. */
  timeoutMs?: number;
  /** Repeats after a passing error. Use it only for what is safe to repeat. Default: false. */
  retry?: boolean;
  /** Called with the part of the files that has been sent, from 0 to 1. */
  onProgress?: (part: number) => void;
  /** Aborts to give up: then its reason is thrown. */
  signal?: AbortSignal;
}

export interface SubscriptionOptions {
  /** Aborts to stop: then its reason is thrown. */
  signal?: AbortSignal | undefined;
  /** Called when the gateway has accepted the subscription, at each connection. */
  onOpen?: (() => void) | undefined;
}

export interface ReconnectOptions extends SubscriptionOptions {
  /** Whether a lost connection is replaced, or else is an error. Default: true. */
  reconnect?: boolean;
}

/** What a prompt can say besides its text: see `ChatInput` in the schema. */
export interface ChatOptions extends Omit<ChatInput, 'sessionId' | 'prompt'>, SubscriptionOptions {}

export interface FollowOptions extends SubscriptionOptions {
  /** The `seq` of the last run event that is known. Default: 0, for all. */
  after?: number;
}

export type UploadOptions = Pick<QueryOptions, 'onProgress' | 'signal'>;

export interface FileOptions extends UploadOptions {
  /** Overwrites only the file that has this hash; an empty text: only if there is no file. Default: any file. */
  expectedSha256?: string;
}

/** What happens in a watched session. */
export type SessionEvent = WatchSessionSubscription['sessionEvents'];
/** What happens to the sessions and nodes of the user. */
export type ViewerEvent = WatchViewerSubscription['viewerEvents'];
export type Attachment = UploadAttachmentMutation['uploadAttachment'];
export type Recording = UploadRecordingMutation['uploadMessageAudio']['audio'];
export type WorkspaceFile = UploadWorkspaceFileMutation['uploadWorkspaceFile'];

type Variables = Record<string, unknown>;
type NoVariables = Record<string, never>;
type Watching<E> = AsyncGenerator<E | WatchGap, void, undefined>;

/** A client of the gateway. Every method throws a GatewayError where the gateway cannot or will not do it. */
export interface Switchyard {
  /** Sends a query or a mutation, and resolves with its data. A variable may be a file. */
  query<D>(document: Document<D, NoVariables>): Promise<D>;
  query<D, V = Variables>(document: Document<D, V>, variables: V, options?: QueryOptions): Promise<D>;
  /** Subscribes, and again after each lost connection. Variables that are a function are asked for each connection. */
  subscribe<D, V extends object = Variables>(
    document: Document<D, V>,
    variables: V | (() => V),
    options?: ReconnectOptions,
  ): AsyncGenerator<D, void, undefined>;
  /**
   * A prompt, and the run that answers it. The prompt is sent when a loop begins or `result` is read. It is asked
   * once: `requestId`, which is random by default, names it. Leave `prompt` out only with `answerTo`.
   */
  chat(sessionId: string, prompt: string | undefined, options?: ChatOptions): FollowedRun;
  /** A run that has started before. */
  follow(runId: string, options?: FollowOptions): FollowedRun;
  /** Yields what happens to all sessions and nodes of the user, or in one session, over lost connections. */
  watch(target: 'viewer', options?: WatchOptions): Watching<ViewerEvent>;
  watch(sessionId: string, options?: WatchOptions): Watching<SessionEvent>;
  /** Uploads a file for a prompt of the session: give its `id` to `chat` in `attachmentIds`. */
  uploadAttachment(sessionId: string, file: Blob, options?: UploadOptions): Promise<Attachment>;
  /** Uploads the recording of a message, in place of the previous one. */
  uploadRecording(messageId: string, file: Blob, options?: UploadOptions): Promise<Recording>;
  /** Writes a file into the workspace of a session. */
  uploadFile(sessionId: string, path: string, file: Blob, options?: FileOptions): Promise<WorkspaceFile>;
}

export function createSwitchyard(options: SwitchyardOptions): Switchyard {
  const { transport = createDistinctConnections(options), print } = options;
  const endpoint = { ...options, url: graphqlUrl(options.url) };
  const retry = renewing(options);

  async function* connect<D, V>(
    document: Document<D, V>,
    variables: V,
    subscription: SubscribeOptions,
  ): AsyncGenerator<D, void, undefined> {
    const operation = { query: textOf(document, print), variables };
    for await (const result of transport(operation, subscription)) {
      // Results that have arrived wait for the loop. An abort drops them.
      subscription.signal.throwIfAborted();
      yield dataOf(result as Result<D>);
    }
  }
  const reconnect = <D, V>(
    document: Document<D, V>,
    variables: () => V,
    { signal = neverAborted(), onOpen }: SubscriptionOptions,
    decide = retry,
  ) => watch((each) => connect(document, variables(), each), decide, { signal, onOpen });

  async function query<D, V>(document: Document<D, V>, variables?: V, asked: QueryOptions = {}): Promise<D> {
    const { retry: isSafe, signal = neverAborted(), ...once } = asked;
    const operation = { query: textOf(document, print), variables: variables ?? {} };
    const attempt = () => ask<D>(endpoint, operation, { ...once, signal });
    return isSafe ? repeat(attempt, retry, signal) : attempt();
  }
  const calls: Omit<RunCalls, 'open' | 'isAsked'> = {
    cancel: async (runId) => (await query(CancelRunDocument, { runId })).cancelRun.cancelled,
    async approve(runId, callId, { args, remember = 'ONCE' }) {
      await query(ApproveToolCallDocument, { runId, callId, args, remember });
    },
    async deny(runId, callId, reason) {
      await query(DenyToolCallDocument, { runId, callId, reason });
    },
  };
  const watchSession = (sessionId: string, watched: WatchOptions) =>
    watchEvents<SessionEvent>(async function* (cursor, subscription) {
      const variables = () => ({ sessionId, after: cursor() });
      const events = reconnect(WatchSessionDocument, variables, subscription);
      for await (const { sessionEvents } of events) yield sessionEvents;
    }, watched);
  const watchViewer = (watched: WatchOptions) =>
    watchEvents<ViewerEvent>(async function* (cursor, subscription) {
      const events = reconnect(WatchViewerDocument, () => ({ after: cursor() }), subscription);
      for await (const { viewerEvents } of events) yield viewerEvents;
    }, watched);

  return {
    query,
    subscribe(document, variables, { reconnect: isReconnecting = true, signal, onOpen } = {}) {
      const current = typeof variables === 'function' ? variables : () => variables;
      if (isReconnecting) return reconnect(document, current, { signal, onOpen });
      return connect(document, current(), { signal: signal ?? neverAborted(), onOpen });
    },
    chat(sessionId, prompt, { signal, onOpen, requestId, ...input } = {}) {
      const sent = { ...input, sessionId, prompt, requestId: requestId ?? randomId() };
      let isAsked = false;
      const open = (after: number, otherSignal = signal) =>
        followRun(after, retry, async function* (cursor, decide) {
          const variables = () => {
            isAsked = true;
            return { input: sent, after: cursor() };
          };
          const events = reconnect(ChatDocument, variables, { signal: otherSignal, onOpen }, decide);
          for await (const { chat } of events) yield chat;
        });
      return createFollowedRun({ ...calls, open, isAsked: () => isAsked }, { after: 0 });
    },
    follow(runId, { after = 0, signal, onOpen } = {}) {
      const open = (from: number): AsyncGenerator<RunEvent> =>
        followRun(from, retry, async function* (cursor, decide) {
          const variables = () => ({ runId, after: cursor() });
          const events = reconnect(FollowRunDocument, variables, { signal, onOpen }, decide);
          for await (const { runEvents } of events) yield runEvents;
        });
      return createFollowedRun({ ...calls, open, isAsked: () => true }, { runId, after });
    },
    watch(target, watched: WatchOptions = {}) {
      return (target === 'viewer' ? watchViewer(watched) : watchSession(target, watched)) as Watching<never>;
    },
    async uploadAttachment(sessionId, file, upload) {
      return (await query(UploadAttachmentDocument, { sessionId, file }, upload)).uploadAttachment;
    },
    async uploadRecording(messageId, file, upload) {
      return (await query(UploadRecordingDocument, { messageId, file }, upload)).uploadMessageAudio.audio;
    },
    async uploadFile(sessionId, path, file, { expectedSha256, ...upload } = {}) {
      const variables = { sessionId, path, file, expectedSha256 };
      return (await query(UploadWorkspaceFileDocument, variables, upload)).uploadWorkspaceFile;
    },
  };
}

/**
 * Where the token is a function, a subscription that ends because its token has expired is sent again with a new one.
 * A request that is refused has been sent with a new token already, so its refusal is final.
 */
function renewing({ retry = createRetry(), token }: SwitchyardOptions): Retry {
  return async (failure) => {
    const { error, attempt } = failure;
    const hasExpired = error.isUnauthenticated && error.status === undefined;
    if (typeof token !== 'function' || !hasExpired || attempt > 1) await retry(failure);
  };
}

/** A new one each time, because what listens to it would live as long as that. */
function neverAborted(): AbortSignal {
  return new AbortController().signal;
}
