import type {
  AnswerRunFragment,
  ClientToolInput,
  ConversationFieldsFragment,
  OnBusy,
} from '../../gql/graphql.ts';
import { AddFileDocument, StartAnswerDocument } from '../../gql/graphql.ts';
import { createUpload } from '../../schema/upload.ts';
import type { ParameterNames } from '../errors/graphql-error.ts';
import type { ClientFile } from '../input/client-file.ts';
import type { Conversation } from '../input/conversation.ts';
import { chooseModel } from '../input/model-choice.ts';
import { type AskedSettings, settingsInput } from '../input/settings.ts';
import { executeDocument } from '../route/execute.ts';
import type { ApiContext, ApiServices } from '../route/route.ts';

/** Where a prompt belongs. */
export interface Place {
  session: ConversationFieldsFragment;
  /** The Relay id of the answer that it follows. Null: the branch that the session shows goes on. */
  replyTo: string | null;
  /** The Relay id of the prompt whose other version it is. */
  editOf?: string;
  /** The Relay id of the prompt that is answered once more. Then the conversation has no new prompt. */
  answerTo?: string;
}

export interface NewPrompt {
  place: Place;
  conversation: Conversation;
  /** The name of the model, as the client has written it. */
  model: Parameters<typeof chooseModel>[0];
  settings: AskedSettings;
  /** The tools that the client runs; null: none. */
  tools: ClientToolInput[] | null;
  /** The client's idempotency key. */
  requestId: string | null;
  onBusy: OnBusy;
}

/**
 * Sends a prompt to a session, with its files.
 *
 * @returns The run that answers it.
 * @throws ApiError as GraphQL refuses a prompt or a file.
 */
export async function startAnswer(
  c: ApiContext,
  services: ApiServices,
  { place, conversation, model, settings, tools, requestId, onBusy }: NewPrompt,
  names: ParameterNames,
): Promise<AnswerRunFragment> {
  const { session, replyTo, editOf, answerTo } = place;
  const { prompt } = conversation;
  const attachmentIds: string[] = [];
  for (const file of answerTo ? [] : prompt.files)
    attachmentIds.push(await addFile(c, services, session.id, file));
  const input = {
    ...{ sessionId: session.id, replyTo, editOf, answerTo, attachmentIds, tools, requestId, onBusy },
    ...(answerTo === undefined && { prompt: prompt.text }),
    settings: settingsInput(settings),
    ...chooseModel(model),
  };
  const { sendMessage } = await executeDocument(c, services, StartAnswerDocument, { input }, names);
  return sendMessage;
}

async function addFile(
  c: ApiContext,
  services: ApiServices,
  sessionId: string,
  { filename, bytes, param }: ClientFile,
): Promise<string> {
  const file = createUpload(Promise.resolve({ filename, createReadStream: () => pieces(bytes) }));
  const names = { file: param, sessionId: param };
  const { uploadAttachment } = await executeDocument(
    c,
    services,
    AddFileDocument,
    { sessionId, file },
    names,
  );
  return uploadAttachment.id;
}

const pieceBytes = 262_144;

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += pieceBytes)
    yield bytes.subarray(start, start + pieceBytes);
}
