import { z } from '@hono/zod-openapi';
import type { AttachmentFieldsFragment } from '../../gql/graphql.ts';
import { lowerCase } from '../route/enum-case.ts';
import { dateTime, resultMessage } from '../route/response-fields.ts';

const measure = (description: string, example: number) =>
  z.int().nullable().openapi({ description, example });

export const Attachment = z
  .object({
    id: z.int().openapi({ description: 'The id of the attachment, for `attachment_ids`.', example: 3 }),
    url: z.string().openapi({
      description: 'The path on this gateway that returns the file.',
      example: '/api/v1/sessions/attachments/3',
    }),
    type: z.enum(['text', 'image', 'pdf', 'audio']).openapi({ description: 'What kind of file it is.' }),
    mime_type: z.string().openapi({
      description: 'The media type, as recognised from the content of the file.',
      example: 'image/png',
    }),
    size: z.int().openapi({ description: 'The size of the file in bytes.', example: 20480 }),
    filename: z.string().nullable().openapi({
      description: 'The name of the file, without folders. Null: the client sent no name.',
      example: 'photo.png',
    }),
    sha256: z.string().openapi({
      description: 'The SHA-256 hash of the file, in hexadecimal.',
      pattern: '^[0-9a-f]{64}$',
    }),
    width: measure('The width of an image in pixels. Null: the file is no image.', 640),
    height: measure('The height of an image in pixels. Null: the file is no image.', 480),
    page_count: measure('The pages of a PDF. Null: the file is no PDF, or does not state them.', 2),
    duration_seconds: z.number().nullable().openapi({
      description:
        'The duration of a recording. Null if the file is not a recording, or does not state its duration.',
      example: 1,
    }),
    token_count: z.int().openapi({
      description: 'The number of tokens that the file occupies in a model’s context: an estimate.',
      example: 410,
    }),
    uploaded_at: dateTime('When the file was uploaded.'),
  })
  .openapi('Attachment', { description: 'A file that is sent to the model with a prompt.' });

export const DeletedAttachment = z
  .object({
    message: resultMessage,
    attachment_id: z.int().openapi({ description: 'The id that the attachment had.', example: 3 }),
  })
  .openapi('DeletedAttachment', { description: 'The attachment was deleted.' });

export function attachmentJson(attachment: AttachmentFieldsFragment): z.infer<typeof Attachment> {
  return {
    id: attachment.databaseId,
    url: attachment.url,
    type: lowerCase(attachment.type),
    mime_type: attachment.mimeType,
    size: attachment.size,
    filename: attachment.filename ?? null,
    sha256: attachment.sha256,
    width: attachment.width ?? null,
    height: attachment.height ?? null,
    page_count: attachment.pageCount ?? null,
    duration_seconds: attachment.durationSeconds ?? null,
    token_count: attachment.tokenCount,
    uploaded_at: attachment.uploadedAt,
  };
}
