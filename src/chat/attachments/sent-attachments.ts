import { GatewayError } from '../../errors.ts';
import type { Attachment } from '../../generated/prisma/client.ts';
import { idList } from '../../storage/statements/dialect.ts';
import type { Reader, Writer } from '../../storage/statements/statement.ts';
import {
  attachmentsOfSession,
  countAttachments,
  sendAttachment,
  sendCopy,
} from '../../storage/statements/uploads.ts';
import { inputTypeOf } from './input-type.ts';

export interface AttachmentLimits {
  /** Most attachments of one prompt. */
  maxPerPrompt: number;
  /** Most bytes of attachments in one request to a model. */
  maxSentBytes: number;
}

/** Which files a model takes besides text. */
export interface FileTaker {
  providerName: string;
  modelName: string;
  takes(mimeType: string): boolean;
}

const field = 'input.attachmentIds';

/**
 * Reads the attachments that a prompt names, in its order. Attachments of earlier prompts of the session may be named
 * again: the new prompt gets copies.
 *
 * @throws GatewayError NOT_FOUND.
 */
export async function readAttachments(
  statements: Reader,
  { sessionId, attachmentIds }: { sessionId: number; attachmentIds?: readonly number[] | null | undefined },
): Promise<Attachment[]> {
  if (!attachmentIds?.length) return [];
  const rows = await statements.all(attachmentsOfSession, [idList(attachmentIds), sessionId]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return attachmentIds.map((id) => {
    const row = byId.get(id);
    if (row) return row;
    throw new GatewayError('NOT_FOUND', `There is no attachment ${id} in this session.`, { field });
  });
}

/** @throws GatewayError BAD_USER_INPUT, PAYLOAD_TOO_LARGE, if the prompt cannot be sent with these attachments. */
export function checkAttachments(
  attachments: readonly Attachment[],
  model: FileTaker,
  { maxPerPrompt, maxSentBytes }: AttachmentLimits,
): void {
  if (attachments.length > maxPerPrompt) throw bad(`expected at most ${maxPerPrompt} attachments`);
  if (new Set(attachments.map(({ id }) => id)).size < attachments.length) {
    throw bad('expected each attachment once');
  }
  const refused = attachments.find(({ mimeType }) => !isTaken(mimeType, model));
  if (refused) {
    const { providerName, modelName } = model;
    const what = JSON.stringify(refused.filename ?? `attachment ${refused.id}`);
    throw bad(
      `the model ${providerName}/${modelName} takes no ${refused.mimeType}, and ${what} is such a file; choose another model, or leave the file out`,
    );
  }
  const bytes = attachments.reduce((sum, { size }) => sum + size, 0);
  if (bytes <= maxSentBytes) return;
  const message = `${field}: the attachments have ${bytes} bytes together; expected at most ${maxSentBytes}.`;
  throw new GatewayError('PAYLOAD_TOO_LARGE', message, { field });
}

/** Whether a model can be given a file. Every model takes the text of a text file. */
export function isTaken(mimeType: string, model: Pick<FileTaker, 'takes'>): boolean {
  return inputTypeOf(mimeType) === 'TEXT' || model.takes(mimeType);
}

/** The bytes of the copies that a prompt gets: what it adds to what the session stores. */
export function copiedBytes(attachments: readonly Attachment[]): number {
  return attachments.reduce((sum, { messageId, size }) => sum + (messageId === null ? 0 : size), 0);
}

/** Gives attachments to a message that has just been stored, within its transaction. */
export async function sendAttachments(
  tx: Writer,
  attachments: readonly Attachment[],
  messageId: number,
): Promise<void> {
  if (attachments.length === 0) return;
  for (const [position, { id, messageId: sentBefore }] of attachments.entries()) {
    await tx.run(sentBefore === null ? sendAttachment : sendCopy, [messageId, position, id]);
  }
  await tx.run(countAttachments, [attachments.length, messageId]);
}

function bad(problem: string): GatewayError {
  return new GatewayError('BAD_USER_INPUT', `${field}: ${problem}.`, { field });
}
