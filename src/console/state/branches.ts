import { cutText } from '../../base/cut-text.ts';
import {
  type ChatInput,
  DeleteMessageDocument,
  ForkSessionDocument,
  SendMessageDocument,
  type SendMessageMutation,
  type SessionStateFragment,
} from '../../gql/console/graphql.ts';
import type { Ask } from '../gateway/ask.ts';
import type { Message } from './message.ts';
import type { SessionList } from './session-list.ts';
import { displayedTitle } from './session-title.ts';
import type { SyncedSession } from './synced-session.ts';

/** A model, as the gateway lists it. */
export interface ModelName {
  readonly providerName: string;
  readonly modelName: string;
}

/** Adds versions of messages to a session, and shows them. Every action throws GatewayError. */
export interface Branches {
  /**
   * Sends another version of a prompt, with the same files.
   *
   * @param requestId Stays the same when the same text is sent once more, so that the gateway answers it once.
   */
  edit(message: Message, prompt: string, requestId: string): Promise<void>;
  /**
   * Asks for another answer to the prompt of an answer.
   *
   * @param model Default: the present model of the session.
   */
  answerAgain(answer: Message, requestId: string, model?: ModelName): Promise<void>;
  /** Shows the branch through a message. */
  select(messageId: string): Promise<void>;
  /** Copies the branch up to a message into a new session. Resolves with the id of that. */
  fork(messageId: string): Promise<string>;
  /** Deletes a message with all that follow it, on every branch. */
  delete(messageId: string): Promise<void>;
}

export interface BranchesOptions {
  synced: SyncedSession;
  /** Shows the state of the session that a mutation returns. */
  change(mutation: Promise<SessionStateFragment | null | undefined>): Promise<void>;
  /** Shows the messages of a run that the gateway has accepted. */
  accepted(run: SendMessageMutation['sendMessage'], prompt?: string): Promise<void>;
  sessionList: SessionList;
  /** Called when another version was sent. */
  sent(): void;
}

export function createBranches(
  ask: Ask,
  { synced, change, accepted, sessionList, sent }: BranchesOptions,
): Branches {
  const { sessionId } = synced;
  const send = async (input: Omit<ChatInput, 'sessionId' | 'onBusy'>) => {
    const { sendMessage } = await ask(SendMessageDocument, {
      input: { ...input, sessionId, onBusy: 'ENQUEUE' },
    });
    await accepted(sendMessage, input.prompt ?? undefined);
    sessionList.used(sessionId);
    sent();
  };
  return {
    edit: ({ id, attachments }, prompt, requestId) =>
      send({ editOf: id, prompt, requestId, attachmentIds: attachments.map((each) => each.id) }),
    answerAgain: ({ parentId }, requestId, model) =>
      send({ answerTo: parentId ?? null, requestId, ...model }),
    select: synced.select,
    async fork(messageId) {
      const source = synced.state.peek();
      // Two sessions of one name could not be told apart in the list.
      const { forkSession } = await ask(ForkSessionDocument, {
        messageId,
        title: source && copyOf(displayedTitle(source)),
      });
      if (!forkSession) return sessionId;
      sessionList.add(forkSession);
      return forkSession.id;
    },
    async delete(id) {
      await change(ask(DeleteMessageDocument, { id }).then((data) => data.deleteMessage));
      // Without waiting for the event, so that a button stays busy until the other branch is shown.
      await synced.reload();
    },
  };
}

/** The longest title that the title's field takes, in characters. */
const longestTitle = 200;

function copyOf(title: string): string {
  const ending = ' (copy)';
  return title.endsWith(ending) ? title : cutText(title, longestTitle - ending.length) + ending;
}
