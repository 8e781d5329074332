import { z } from '@hono/zod-openapi';
import type { UploadMessageAudioMutation } from '../../gql/graphql.ts';
import { dateTime } from '../route/response-fields.ts';

type UploadedAudio = UploadMessageAudioMutation['uploadMessageAudio']['audio'];

export const Audio = z
  .object({
    message_id: z.int().openapi({ description: 'The id of the message.', example: 2 }),
    audio_url: z.string().openapi({
      description: 'The path on this gateway that returns the recording.',
      example: '/api/v1/sessions/messages/2/audio',
    }),
    mime_type: z.string().openapi({
      description: 'The media type, as recognised from the content of the file.',
      example: 'audio/wav',
    }),
    size: z.int().openapi({ description: 'The size of the file in bytes.', example: 88244 }),
    filename: z.string().nullable().openapi({
      description: 'The name of the file, as the client sent it. Null: the client sent no name.',
      example: 'hello.wav',
    }),
    sha256: z.string().openapi({
      description: 'The SHA-256 hash of the file, in hexadecimal.',
      pattern: '^[0-9a-f]{64}$',
    }),
    duration_seconds: z
      .number()
      .nullable()
      .openapi({ description: 'The duration in seconds. Null: the file does not state it.', example: 1 }),
    uploaded_at: dateTime('When the recording was uploaded.'),
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
