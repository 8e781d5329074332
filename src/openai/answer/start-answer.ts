import type { AnswerRunFragment, ModelSettingsInput, OnBusy } from '../../gql/graphql.ts';
import { AddFileDocument, StartAnswerDocument } from '../../gql/graphql.ts';
import { createUpload } from '../../schema/upload.ts';
import type { ParameterNames } from '../errors/graphql-error.ts';
import type { ClientFile } from '../input/client-file.ts';
import type { MessageText } from '../input/message-text.ts';
import type { ModelChoice } from '../input/model-choice.ts';
import { executeDocument } from '../route/execute.ts';
import type { ApiContext, ApiServices } from '../route/route.ts';

export interface NewPrompt extends ModelChoice {
  /** The Relay id of the session. */
  sessionId: string;
  prompt: MessageText;
  /** The Relay id of the answer that the prompt follows. Null: the branch that the session shows goes on. */
  replyTo: string | null;
  settings: ModelSettingsInput;
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
  { prompt, ...input }: NewPrompt,
  names: ParameterNames,
): Promise<AnswerRunFragment> {
  const attachmentIds: string[] = [];
  for (const file of prompt.files) {
    attachmentIds.push(await addFile(c, services, input.sessionId, file));
  }
  const variables = { input: { ...input, prompt: prompt.text, attachmentIds } };
  const { sendMessage } = await executeDocument(c, services, StartAnswerDocument, variables, names);
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
