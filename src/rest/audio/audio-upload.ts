import { z } from '@hono/zod-openapi';
import { encodeId } from '../../base/global-id.ts';
import { UploadMessageAudioDocument } from '../../gql/graphql.ts';
import { RestError } from '../errors/rest-error.ts';
import { readInput } from '../input/read-input.ts';
import { describeJsonRoute } from '../route/describe-route.ts';
import { executeDocument } from '../route/execute.ts';
import type { Route } from '../route/route.ts';
import { closeUnread, receiveUpload } from '../uploads/receive-upload.ts';
import { Audio, audioJson } from './audio-response.ts';
import { MessagePath } from './message-path.ts';

/** The form of `POST /sessions/messages/{message_id}/audio`. */
const AudioForm = z
  .object({ file: z.string().openapi({ format: 'binary', description: 'The audio file.' }) })
  .openapi('Body_upload_message_audio_sessions_messages__message_id__audio_post', {
    description: 'A form with the audio file. Other fields are ignored.',
  });

const input = { path: MessagePath, form: AudioForm };

/** Streams a file from the request through the GraphQL mutation into the blob store. */
export const uploadAudio: Route = {
  ...describeJsonRoute({
    method: 'post',
    path: '/sessions/messages/{message_id}/audio',
    operationId: 'upload_message_audio',
    summary: 'Upload audio for a specific message',
    description:
      'Stores an audio file as the recording of a message and replaces an earlier recording. Accepts wav, mp3, ogg (opus), webm, m4a, aac and flac. The gateway recognises the format by the content, not by the name.',
    input,
    failures: {
      404: 'The message does not exist.',
      413: 'The file has more bytes than the gateway accepts.',
      415: 'The file is not audio in one of the accepted formats, or the body is compressed.',
      507: 'The gateway has no space left to store the file.',
    },
    response: Audio,
  }),
  async handle(c, services) {
    try {
      const { raw, parsed } = await readInput(c, services, input);
      const { message_id } = parsed.path;
      const messageId = encodeId('Message', message_id);
      const data = await receiveUpload(
        c,
        services,
        { what: 'recording', maxBytes: services.maxAudioBytes },
        (file) => executeDocument(c, services, UploadMessageAudioDocument, { messageId, file }, raw),
      );
      const { audio } = data.uploadMessageAudio;
      if (!audio) throw new RestError(404, 'The recording was deleted in the meantime.');
      return c.json(audioJson(message_id, audio));
    } finally {
      closeUnread(c);
    }
  },
};
