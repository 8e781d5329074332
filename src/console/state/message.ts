import { type Signal, signal } from '@preact/signals';
import type {
  AttachmentPartsFragment,
  MessagePartsFragment,
  RecordingPartsFragment,
} from '../../gql/console/graphql.ts';
import { type MessageState, storedState } from './message-state.ts';

/** A message of a session. Each has its own signal, so that a text delta draws only one message again. */
export interface Message {
  readonly id: string;
  /** Messages are sorted by this number. */
  readonly databaseId: number;
  /** The id of the message before it; undefined for the first one of a conversation. */
  readonly parentId: string | undefined;
  /** The ids of its versions, oldest first, its own among them. */
  readonly versions: Signal<readonly string[]>;
  readonly role: MessagePartsFragment['role'];
  readonly createdAt: string;
  readonly runId: string | undefined;
  /** The id that the client gave to the prompt of the run. */
  readonly requestId: string | undefined;
  readonly state: Signal<MessageState>;
  /** For a prompt that joined an answer while it was being written: the id of that answer. */
  readonly steeredInto: Signal<string | undefined>;
  /** What was sent with a prompt. */
  readonly attachments: readonly AttachmentPartsFragment[];
  readonly recording: Signal<RecordingPartsFragment | undefined>;
  /** What stands for this message and all before it, where they do not fit into the context of a model. */
  readonly summary: string | undefined;
}

export function createMessage(stored: MessagePartsFragment): Message {
  const { id, databaseId, parent, role, createdAt, run, audio, attachments, contextSummary } = stored;
  return {
    id,
    databaseId,
    parentId: parent?.id,
    versions: signal(versionsOf(stored)),
    role,
    createdAt,
    runId: run?.id,
    requestId: run?.requestId ?? undefined,
    state: signal(storedState(stored)),
    steeredInto: signal(stored.steeredInto?.id),
    attachments,
    recording: signal(audio ?? undefined),
    summary: contextSummary?.text,
  };
}

export function versionsOf({ siblings }: Pick<MessagePartsFragment, 'siblings'>): readonly string[] {
  return siblings.map(({ id }) => id);
}

/** Whether the message is a prompt that was cancelled while it waited: no model was shown it. */
export function isWithdrawn({ role, state }: Message): boolean {
  return role === 'USER' && state.value.status === 'CANCELLED';
}

/** Whether the message is an answer that is queued or being written. */
export function isLive({ role, state }: Message): boolean {
  return role === 'ASSISTANT' && state.value.status === 'STREAMING';
}
