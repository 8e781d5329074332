import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import {
  AttachNodeDocument,
  ClearHistoryDocument,
  type CreateSessionInput,
  DetachNodeDocument,
  RevokeGrantDocument,
  type SendMessageMutation,
  type SessionStateFragment,
  ShareFilesDocument,
  UpdateSessionDocument,
  type UpdateSessionInput,
  type WorkspaceInput,
} from '../../gql/console/graphql.ts';
import type { Ask } from '../gateway/ask.ts';
import type { Link } from '../gateway/link.ts';
import type { AttachedFiles } from './attached-files.ts';
import { type Branches, createBranches } from './branches.ts';
import { type Composer, createComposer } from './composer.ts';
import type { Outbox } from './outbox.ts';
import { newSessionKey } from './outboxes.ts';
import type { SessionList } from './session-list.ts';
import { oneLine } from './session-title.ts';
import { createStopper, type Stopper } from './stopper.ts';
import { type SyncedSession, syncSession } from './synced-session.ts';

/** A session that the gateway creates with the first prompt. */
export interface NewSession {
  readonly kind: 'new';
  readonly composer: Composer;
  readonly outbox: Outbox;
  readonly input: Signal<CreateSessionInput>;
}

/** A session that the gateway has stored. */
export interface StoredSession extends SyncedSession {
  readonly kind: 'stored';
  readonly composer: Composer;
  readonly stopper: Stopper;
  readonly outbox: Outbox;
  readonly branches: Branches;
  /** Grows with each prompt, also a changed one, and with each request for another answer. */
  readonly sends: ReadonlySignal<number>;
  /**
   * Shows the messages of a run that the gateway has accepted.
   *
   * @param prompt Undefined for a prompt that was answered once more.
   */
  accepted(run: SendMessageMutation['sendMessage'], prompt?: string): Promise<void>;
  /** @throws GatewayError */
  update(input: UpdateSessionInput): Promise<void>;
  /**
   * Deletes all messages.
   *
   * @throws GatewayError
   */
  clearHistory(): Promise<void>;
  /** @throws GatewayError */
  attach(nodeId: string): Promise<void>;
  /** @throws GatewayError */
  detach(nodeId: string): Promise<void>;
  /**
   * Ends an approval that holds for later tool calls.
   *
   * @throws GatewayError
   */
  revokeGrant(id: string): Promise<void>;
  /**
   * Shares files with the attached nodes from now on.
   *
   * @throws GatewayError
   */
  shareFiles(workspace: WorkspaceInput): Promise<void>;
}

/** The session that the page shows. */
export type Session = NewSession | StoredSession;

export function createNewSession(outbox: Outbox): NewSession {
  const input = signal<CreateSessionInput>({});
  const composer = createComposer(newSessionKey, (prompt) => outbox.add(prompt, { input: input.value }));
  return { kind: 'new', input, outbox, composer };
}

export function openStoredSession(
  ask: Ask,
  link: Link,
  sessionList: SessionList,
  sessionId: string,
  { outbox, attachedFiles }: { outbox: Outbox; attachedFiles: AttachedFiles },
): StoredSession {
  const synced = syncSession(ask, link, sessionId);
  const change = async (mutation: Promise<SessionStateFragment | null | undefined>) => {
    await synced.change(mutation);
    const state = synced.state.peek();
    if (state) sessionList.put(state);
  };
  const update = (input: UpdateSessionInput) =>
    change(ask(UpdateSessionDocument, { id: sessionId, input }).then((data) => data.updateSession));
  const accepted = async (
    { userMessage, assistantMessage }: SendMessageMutation['sendMessage'],
    prompt?: string,
  ) => {
    const messages = [userMessage, assistantMessage].filter((message) => message != null);
    synced.jump.close();
    // Another version of a message does not continue the branch that the page has loaded.
    if (!messages.every(synced.messageList.add)) await synced.reload();
    const { value: state } = synced.state;
    if (!prompt || state?.preview !== null) return;
    // The gateway tells of it when the answer has ended.
    await change(Promise.resolve({ ...state, preview: oneLine(prompt) }));
  };
  const sends = signal(0);
  const sent = () => {
    sends.value += 1;
  };
  const branches = createBranches(ask, { synced, change, accepted, sessionList, sent });
  const send = (prompt: string, isSteering: boolean) => {
    const { problem, attachments } = attachedFiles.ready(sessionId);
    // A prompt that joins the answer that is being written has been read together with it.
    const expectedHead = isSteering ? undefined : synced.messageList.messages.peek().at(-1)?.id;
    const refusal = problem ?? outbox.add(prompt, { attachments, isSteering, expectedHead });
    if (refusal === undefined) {
      attachedFiles.sent(sessionId);
      // The prompt is shown below the newest messages.
      synced.jump.close();
      sent();
    }
    return refusal;
  };
  return {
    ...synced,
    kind: 'stored',
    composer: createComposer(sessionId, send, () => attachedFiles.of(sessionId).peek().length > 0),
    stopper: createStopper(ask, synced.messageList),
    outbox,
    branches,
    sends,
    accepted,
    update,
    async clearHistory() {
      await change(ask(ClearHistoryDocument, { sessionId }).then((data) => data.clearHistory));
      synced.messageList.clear();
    },
    attach: (nodeId) =>
      change(ask(AttachNodeDocument, { sessionId, nodeId }).then((data) => data.attachNodes)),
    revokeGrant: (id) => change(ask(RevokeGrantDocument, { id }).then((data) => data.revokeGrant)),
    shareFiles(workspace) {
      const nodeIds = synced.state.value?.nodes.map(({ node }) => node.nodeId) ?? [];
      const variables = { sessionId, nodeIds, workspace };
      return change(ask(ShareFilesDocument, variables).then((data) => data.attachNodes));
    },
    detach: (nodeId) =>
      change(ask(DetachNodeDocument, { sessionId, nodeId }).then((data) => data.detachNode)),
  };
}
