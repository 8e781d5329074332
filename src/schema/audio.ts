import { cutToBytes } from '../base/cut-text.ts';
import type { UploadedFile } from '../chat/uploads/stage-upload.ts';
import { builder } from './builder.ts';
import { idArg } from './id-argument.ts';
import { MessageRef } from './message.ts';
import { firstOf, rowsOf } from './paging/rows.ts';
import type { IncomingFile } from './upload.ts';

/** The path of REST that answers with the recording of a message. */
export function recordingPath(messageId: number): string {
  return `/api/v1/sessions/messages/${messageId}/audio`;
}

const MessageAudioRef = builder.prismaObject('MessageAudio', {
  description: 'An audio recording of a message.',
  fields: (t) => ({
    url: t.string({
      description:
        'The path on this gateway from which the recording can be downloaded. It supports range requests. It answers 404 if the bytes of the recording are lost, for example because a backup was restored without them.',
      resolve: ({ messageId }) => recordingPath(messageId),
    }),
    mimeType: t.exposeString('mimeType', {
      description: 'The MIME type, detected from the bytes of the file.',
    }),
    size: t.exposeFloat('size', { description: 'The size of the file, in bytes.' }),
    filename: t.exposeString('filename', {
      nullable: true,
      description:
        'The name that the client gave to the file, cut to 255 bytes of UTF-8; null if it gave no name.',
    }),
    sha256: t.exposeString('sha256', { description: 'The SHA-256 hash of the bytes, in hexadecimal.' }),
    durationSeconds: t.exposeFloat('durationSeconds', {
      nullable: true,
      description: 'How long the recording plays, in seconds; null if the file does not say.',
    }),
    uploadedAt: t.expose('uploadedAt', { type: 'DateTime', description: 'When the recording was uploaded.' }),
  }),
});

builder.prismaObjectFields('Message', (t) => ({
  audio: t.field({
    type: MessageAudioRef,
    nullable: true,
    description: 'The recording of the message; null if there is no recording.',
    resolve: (message, _args, context) => firstOf(rowsOf(context).audioOfMessage.of(message)),
  }),
}));

/** The longest file name that common file systems accept, in bytes of UTF-8. */
const longestFilename = 255;

function toRecording(upload: IncomingFile): UploadedFile {
  return { filename: cutToBytes(upload.filename, longestFilename) || null, bytes: upload.createReadStream() };
}

builder.mutationFields((t) => ({
  uploadMessageAudio: t.field({
    type: MessageRef,
    nullable: true,
    authScopes: (_root, { messageId }) => ({ message: messageId }),
    description:
      'Uploads a recording of a message in place of the previous recording. The file is sent as the GraphQL multipart request specification describes. It must be wav, mp3, ogg (opus), webm, m4a, aac or flac. Errors: NOT_FOUND; UNSUPPORTED_MEDIA_TYPE if the file is not audio; PAYLOAD_TOO_LARGE for more than `MAX_AUDIO_BYTES` (default: 25 MiB); INSUFFICIENT_STORAGE if the disk is full.',
    args: {
      messageId: idArg(t, MessageRef, 'The `id` of the message.'),
      file: t.arg({ type: 'Upload', required: true, description: 'The audio file.' }),
    },
    resolve: async (_root, { messageId, file }, { audio }) =>
      audio.upload(messageId, toRecording(await file)),
  }),
  deleteMessageAudio: t.field({
    type: MessageRef,
    nullable: true,
    authScopes: (_root, { messageId }) => ({ message: messageId }),
    description:
      'Deletes the recording of a message. A message without a recording stays as it is. Errors: NOT_FOUND.',
    args: {
      messageId: idArg(t, MessageRef, 'The `id` of the message.'),
    },
    resolve: (_root, { messageId }, { audio, actor }) => audio.delete(messageId, actor),
  }),
}));
