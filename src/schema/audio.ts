import type { Recording } from '../chat/audio/take-recording.ts';
import { builder } from './builder.ts';
import { idOf } from './global-id.ts';
import { MessageRef } from './message.ts';
import type { IncomingFile } from './upload.ts';

const MessageAudioRef = builder.prismaObject('MessageAudio', {
  description: 'A recording of a message.',
  fields: (t) => ({
    url: t.string({
      description: 'Where it can be downloaded: a path on this gateway. Ranges can be asked for.',
      resolve: ({ messageId }) => `/api/v1/sessions/messages/${messageId}/audio`,
    }),
    mimeType: t.exposeString('mimeType', { description: 'As found in the file, whatever it was called.' }),
    size: t.exposeInt('size', { description: 'In bytes.' }),
    filename: t.exposeString('filename', { nullable: true, description: 'As the client called it.' }),
    sha256: t.exposeString('sha256', { description: 'The SHA-256 of its bytes, in hex.' }),
    durationSeconds: t.exposeFloat('durationSeconds', {
      nullable: true,
      description: 'How long it plays, in seconds; null where the file does not say.',
    }),
    uploadedAt: t.expose('uploadedAt', { type: 'DateTime', description: 'When it was uploaded.' }),
  }),
});

builder.prismaObjectFields('Message', (t) => ({
  audio: t.relation('audio', {
    type: MessageAudioRef,
    nullable: true,
    description: 'Its recording; null where it has none.',
  }),
}));

function toRecording(upload: IncomingFile): Recording {
  return { filename: upload.filename || null, bytes: upload.createReadStream() };
}

builder.mutationFields((t) => ({
  uploadMessageAudio: t.field({
    type: MessageRef,
    authScopes: (_root, { messageId }) => ({ message: Number(messageId.id) }),
    description:
      'Uploads a recording of a message, in place of one that it has, by the GraphQL multipart request specification. Takes wav, mp3, ogg (opus), webm, m4a, aac and flac.',
    args: {
      messageId: t.arg.globalID({
        for: MessageRef,
        validate: idOf(MessageRef),
        required: true,
        description: 'The message.',
      }),
      file: t.arg({ type: 'Upload', required: true, description: 'The recording.' }),
    },
    resolve: async (_root, { messageId, file }, { audio }) =>
      audio.upload(Number(messageId.id), toRecording(await file)),
  }),
  deleteMessageAudio: t.field({
    type: MessageRef,
    authScopes: (_root, { messageId }) => ({ message: Number(messageId.id) }),
    description: 'Takes the recording of a message away. One that has none stays as it is.',
    args: {
      messageId: t.arg.globalID({
        for: MessageRef,
        validate: idOf(MessageRef),
        required: true,
        description: 'The message.',
      }),
    },
    resolve: (_root, { messageId }, { audio }) => audio.delete(Number(messageId.id)),
  }),
}));
