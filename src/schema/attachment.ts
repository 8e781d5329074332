import { cleanFilename } from '../chat/attachments/clean-filename.ts';
import { inputTypeOf } from '../chat/attachments/input-type.ts';
import type { UploadedFile } from '../chat/uploads/stage-upload.ts';
import { builder } from './builder.ts';
import { idArg } from './id-argument.ts';
import { InputTypeRef } from './input-type.ts';
import { MessageRef } from './message.ts';
import { rowsOf } from './paging/rows.ts';
import { idDescription } from './relay-options.ts';
import { SessionRef } from './session.ts';
import type { IncomingFile } from './upload.ts';

/** The path of REST that answers with the bytes of an attachment. */
export function attachmentPath(id: number): string {
  return `/api/v1/sessions/attachments/${id}`;
}

export const AttachmentRef = builder.prismaNode('Attachment', {
  id: { field: 'id', description: idDescription },
  nullable: true,
  description: 'A file for the model of a session: uploaded first, then sent with a prompt.',
  fields: (t) => ({
    databaseId: t.exposeInt('id', {
      description: 'The number of the attachment, which the REST API calls its `id`.',
    }),
    url: t.string({
      description:
        'The path on this gateway from which the file can be downloaded. It supports range requests. It answers 404 if the bytes of the file are lost, for example because a backup was restored without them.',
      resolve: ({ id }) => attachmentPath(id),
    }),
    type: t.field({
      type: InputTypeRef,
      description: 'What kind of file it is. `Model.inputTypes` lists the kinds that a model takes.',
      resolve: ({ mimeType }) => inputTypeOf(mimeType),
    }),
    mimeType: t.exposeString('mimeType', {
      description:
        'The MIME type, detected from the bytes of the file. Text files of all kinds, HTML and SVG too, are `text/plain`.',
    }),
    size: t.exposeFloat('size', { description: 'The size of the file, in bytes.' }),
    filename: t.exposeString('filename', {
      nullable: true,
      description:
        'The name that the client gave to the file, without folders and control characters, cut to 255 bytes of UTF-8; null if it gave no name.',
    }),
    sha256: t.exposeString('sha256', { description: 'The SHA-256 hash of the bytes, in hexadecimal.' }),
    width: t.exposeInt('width', {
      nullable: true,
      description: 'The width of an image in pixels, as its header says; null for other files.',
    }),
    height: t.exposeInt('height', {
      nullable: true,
      description: 'The height of an image in pixels, as its header says; null for other files.',
    }),
    pageCount: t.exposeInt('pageCount', {
      nullable: true,
      description: 'How many pages a PDF has; null for other files, and if the PDF does not say.',
    }),
    durationSeconds: t.exposeFloat('durationSeconds', {
      nullable: true,
      description: 'How long a recording plays, in seconds; null for other files, and if it does not say.',
    }),
    tokenCount: t.exposeFloat('tokenCount', {
      description:
        'How many tokens the file takes up in the context of a model that takes it. Those of a text are counted, the others are an estimate: providers count in different ways.',
    }),
    uploadedAt: t.expose('uploadedAt', { type: 'DateTime', description: 'When the file was uploaded.' }),
  }),
});

builder.prismaObjectFields('Message', (t) => ({
  attachments: t.field({
    type: [AttachmentRef],
    description: 'The files that were sent with the prompt, in their order. The list of an answer is empty.',
    resolve: (message, _args, context) =>
      message.attachmentCount === 0 ? [] : rowsOf(context).attachmentsOfMessage.of(message),
  }),
}));

const DeletedAttachmentRef = builder.objectRef<{ id: number }>('DeletedAttachment').implement({
  description: 'The ids of an attachment that was deleted.',
  fields: (t) => ({
    deletedAttachmentId: t.globalID({
      description: 'The `id` that the attachment had.',
      resolve: ({ id }) => ({ type: 'Attachment', id }),
    }),
    databaseId: t.exposeInt('id', { description: 'The `databaseId` that the attachment had.' }),
  }),
});

function toFile(upload: IncomingFile): UploadedFile {
  return { filename: cleanFilename(upload.filename), bytes: upload.createReadStream() };
}

builder.mutationFields((t) => ({
  uploadAttachment: t.field({
    type: AttachmentRef,
    nullable: true,
    authScopes: (_root, { sessionId }) => ({ session: sessionId }),
    description:
      'Uploads a file that can be sent with a prompt of the session: `ChatInput.attachmentIds`. The file is sent as the GraphQL multipart request specification describes. It must be an image (PNG, JPEG, GIF, WebP), a PDF, a text in UTF-8 or a recording. A file that is sent with no prompt is deleted after `UNSENT_ATTACHMENT_TTL_MS` (default: a day). Errors: NOT_FOUND; BAD_USER_INPUT for an empty file; UNSUPPORTED_MEDIA_TYPE for a file of another type, or a broken image; PAYLOAD_TOO_LARGE for more than `MAX_ATTACHMENT_BYTES` (default: 20 MiB), for a text of more than `MAX_TEXT_ATTACHMENT_BYTES` (default: 1 MiB) and for an image of more than `MAX_IMAGE_PIXELS` (default: 100,000,000); RATE_LIMITED while 100 files of the session wait to be sent; QUOTA_EXCEEDED; INSUFFICIENT_STORAGE if the disk is full.',
    args: {
      sessionId: idArg(t, SessionRef, 'The `id` of the session.'),
      file: t.arg({ type: 'Upload', required: true, description: 'The file.' }),
    },
    resolve: async (_root, { sessionId, file }, { attachmentLibrary }) =>
      attachmentLibrary.upload(sessionId, toFile(await file)),
  }),
  attachMessageAudio: t.field({
    type: AttachmentRef,
    nullable: true,
    authScopes: (_root, { messageId }) => ({ message: messageId }),
    description:
      'Makes an attachment of the recording of a message, to send it with the next prompt of the session to a model that takes AUDIO. The recording stays with its message. Errors: NOT_FOUND; BAD_USER_INPUT if the message has no recording; RATE_LIMITED; QUOTA_EXCEEDED.',
    args: {
      messageId: idArg(t, MessageRef, 'The `id` of the message.'),
    },
    resolve: (_root, { messageId }, { attachmentLibrary }) => attachmentLibrary.attachRecording(messageId),
  }),
  deleteAttachment: t.field({
    type: DeletedAttachmentRef,
    nullable: true,
    authScopes: (_root, { id }) => ({ attachment: id }),
    description:
      'Deletes an attachment that was not sent. One that was sent is deleted with its message. Errors: NOT_FOUND; CONFLICT if it was sent.',
    args: {
      id: idArg(t, AttachmentRef, 'The `id` of the attachment.'),
    },
    resolve: async (_root, { id }, { attachmentLibrary }) => {
      await attachmentLibrary.delete(id);
      return { id };
    },
  }),
}));
