import { z } from '@hono/zod-openapi';
import { encodeId } from '../../base/global-id.ts';
import {
  DeleteAttachmentDocument,
  GetAttachmentDocument,
  UploadAttachmentDocument,
} from '../../gql/graphql.ts';
import { RestError } from '../errors/rest-error.ts';
import { pathId, SessionPath } from '../input/path-id.ts';
import { readInput } from '../input/read-input.ts';
import { describeJsonRoute, describeRoute } from '../route/describe-route.ts';
import { executeDocument } from '../route/execute.ts';
import { jsonRoute } from '../route/json-route.ts';
import type { Route } from '../route/route.ts';
import { fileResponses, rangeHeaders } from '../uploads/range-headers.ts';
import { closeUnread, receiveUpload } from '../uploads/receive-upload.ts';
import { sendUpload } from '../uploads/send-upload.ts';
import { Attachment, attachmentJson, DeletedAttachment } from './attachment-response.ts';

/** The form of `POST /sessions/{session_id}/attachments`. */
const AttachmentForm = z
  .object({ file: z.string().openapi({ format: 'binary', description: 'The file.' }) })
  .openapi('Body_upload_attachment', { description: 'A form with the file. Other fields are ignored.' });

const AttachmentPath = z.object({ attachment_id: pathId('The `id` of the attachment.', 3) });
const notFound = 'The attachment does not exist, or the user may not see it.';

const uploadInput = { path: SessionPath, form: AttachmentForm };

/** Streams a file from the request through the GraphQL mutation into the blob store. */
const uploadAttachment: Route = {
  ...describeJsonRoute({
    method: 'post',
    path: '/sessions/{session_id}/attachments',
    operationId: 'upload_attachment',
    summary: 'Upload a file for a prompt',
    description:
      'Stores an image (PNG, JPEG, GIF, WebP), a PDF, a text in UTF-8 or a recording. `attachment_ids` of a chat then sends it to the model. The gateway recognises the format by the content, not by the name. A file that is not sent within a day is deleted.',
    input: uploadInput,
    failures: {
      413: 'The file has more bytes, or the image more pixels, than the gateway accepts.',
      415: 'The file is of another type or broken, or the body is compressed.',
      507: 'The gateway has no space left to store the file.',
    },
    response: Attachment,
  }),
  async handle(c, services) {
    try {
      const { raw, parsed } = await readInput(c, services, uploadInput);
      const sessionId = encodeId('Session', parsed.path.session_id);
      const data = await receiveUpload(
        c,
        services,
        { what: 'attachment', maxBytes: services.maxAttachmentBytes },
        (file) => executeDocument(c, services, UploadAttachmentDocument, { sessionId, file }, raw),
      );
      return c.json(attachmentJson(data.uploadAttachment));
    } finally {
      closeUnread(c);
    }
  },
};

const downloadInput = { path: AttachmentPath, header: rangeHeaders('file') };

/** Streams an attachment. A browser shows images and plays recordings, and saves other files. */
const downloadAttachment: Route = {
  ...describeRoute(
    {
      method: 'get',
      path: '/sessions/attachments/{attachment_id}',
      operationId: 'get_attachment',
      summary: 'Get a file that was uploaded for a prompt',
      description:
        'Returns the file as it was uploaded. A player can request ranges to seek, and a cache can check its copy by the `ETag`. Text files of all kinds are `text/plain`.',
      input: downloadInput,
      failures: {
        404: `${notFound} Or its bytes are lost, for example because a backup was restored without them.`,
      },
    },
    fileResponses('file', '*/*'),
  ),
  async handle(c, services) {
    const { raw, parsed } = await readInput(c, services, downloadInput);
    const attachmentId = parsed.path.attachment_id;
    const find = async () => {
      const variables = { id: encodeId('Attachment', attachmentId) };
      const { node } = await executeDocument(c, services, GetAttachmentDocument, variables, raw);
      if (node?.__typename !== 'Attachment') throw new RestError(404, 'Attachment not found');
      const { __typename, type, uploadedAt, filename = null, mimeType, ...facts } = node;
      const isShown = type === 'IMAGE' || type === 'AUDIO';
      return {
        ...facts,
        mimeType: type === 'TEXT' ? `${mimeType}; charset=utf-8` : mimeType,
        filename,
        disposition: isShown ? ('inline' as const) : ('attachment' as const),
        modifiedAt: new Date(uploadedAt),
      };
    };
    return sendUpload(c, services, { noun: 'file', find, ids: { attachmentId } });
  },
};

/** The operations on the files of prompts. */
export const attachmentRoutes: readonly Route[] = [
  uploadAttachment,
  downloadAttachment,
  jsonRoute({
    method: 'delete',
    path: '/sessions/attachments/{attachment_id}',
    operationId: 'delete_attachment',
    summary: 'Delete a file that was not sent',
    description:
      'Deletes a file that was uploaded and not sent. One that was sent is deleted with its message.',
    failures: { 404: notFound, 409: 'The file was sent with a prompt.' },
    input: { path: AttachmentPath },
    document: DeleteAttachmentDocument,
    variables: ({ path }) => ({ id: encodeId('Attachment', path.attachment_id) }),
    response: DeletedAttachment,
    toJson: ({ deleteAttachment: { databaseId } }) => ({
      message: 'Attachment deleted',
      attachment_id: databaseId,
    }),
  }),
];
