import { z } from '@hono/zod-openapi';
import type { UploadMessageAudioMutation } from '../../gql/graphql.ts';
import { dateTime } from '../route/response-fields.ts';

type UploadedAudio = UploadMessageAudioMutation['uploadMessageAudio']['audio'];

export const Audio = z
  .object({
    message_id: z.int().openapi({ description: 'The message it belongs to.', example: 2 }),
    audio_url: z.string().openapi({
      description: 'Where it can be downloaded: a path on this gateway.',
      example: '/api/v1/sessions/messages/2/audio',
    }),
    mime_type: z.string().openapi({ description: 'As found in the file.', example: 'audio/wav' }),
    size: z.int().openapi({ description: 'In bytes.', example: 88244 }),
    filename: z
      .string()
      .nullable()
      .openapi({ description: 'As the client called it.', example: 'hello.wav' }),
    sha256: z.string().openapi({ description: 'The SHA-256 of its bytes, in hex.' }),
    duration_seconds: z
      .number()
      .nullable()
      .openapi({ description: 'How long it plays. Null: the file does not say.', example: 1 }),
    uploaded_at: dateTime('When it was uploaded.'),
  })
  .openapi('Audio', { description: 'The recording of a message.' });

export function audioJson(messageId: number, audio: NonNullable<UploadedAudio>): z.infer<typeof Audio> {
  return {
    message_id: messageId,
    audio_url: audio.url,
    mime_type: audio.mimeType,
    size: audio.size,
    filename: audio.filename ?? null,
    sha256: audio.sha256,
    duration_seconds: audio.durationSeconds ?? null,
    uploaded_at: audio.uploadedAt,
  };
}
