import { z } from '@hono/zod-openapi';
import { encodeId } from '../../base/global-id.ts';
import { UploadMessageAudioDocument } from '../../gql/graphql.ts';
import { createUpload } from '../../schema/upload.ts';
import { RestError } from '../errors/rest-error.ts';
import { readInput } from '../input/read-input.ts';
import { describeJsonRoute } from '../route/describe-route.ts';
import { executeDocument } from '../route/execute.ts';
import type { Route } from '../route/route.ts';
import { Audio, audioJson } from './audio-response.ts';
import { FormFile } from './form-file.ts';
import { MessagePath } from './message-path.ts';

/** The form of `POST /sessions/messages/{message_id}/audio`. */
const AudioForm = z
  .object({ file: z.string().openapi({ format: 'binary', description: 'The recording.' }) })
  .openapi('Body_upload_message_audio_sessions_messages__message_id__audio_post', {
    description: 'A recording to upload.',
  });

const input = { path: MessagePath, form: AudioForm };

/** Streams a file from the request into the blob store, through the GraphQL mutation. */
export const uploadAudio: Route = {
  ...describeJsonRoute({
    method: 'post',
    path: '/sessions/messages/{message_id}/audio',
    operationId: 'upload_message_audio',
    summary: 'Upload audio for a specific message',
    description:
      'Takes wav, mp3, ogg (opus), webm, m4a, aac and flac, told apart by their content. Replaces the recording that the message has.',
    input,
    failures: {
      404: 'There is no such message.',
      413: 'The file is too large.',
      415: 'The file is no audio of a kind that is taken.',
      507: 'There is no room left for the file.',
    },
    schema: Audio,
  }),
  async handle(c, services) {
    const { incoming } = c.env;
    try {
      const { raw, parsed } = await readInput(c.req, input);
      const { message_id } = parsed.path;
      const form = new FormFile(incoming, services.maxAudioBytes);
      const file = await form.open();
      const variables = {
        messageId: encodeId('Message', message_id),
        file: createUpload(Promise.resolve(file)),
      };
      const data = await executeDocument(c, services, UploadMessageAudioDocument, variables, raw).catch(
        (error: unknown) => {
          throw form.fault ?? error;
        },
      );
      const { audio } = data.uploadMessageAudio;
      if (!audio) throw new RestError(404, 'The recording was deleted meanwhile.');
      return c.json(audioJson(message_id, audio));
    } finally {
      // What was not read of the request is not going to be.
      if (!incoming.readableEnded) c.header('Connection', 'close');
    }
  },
};
