import { z } from '@hono/zod-openapi';
import { encodeId } from '../../base/global-id.ts';
import { BlobNotFoundError } from '../../blobs/blob-store.ts';
import { GetMessageAudioDocument } from '../../gql/graphql.ts';
import { RestError } from '../errors/rest-error.ts';
import { readInput } from '../input/read-input.ts';
import { describeRoute } from '../route/describe-route.ts';
import { executeDocument } from '../route/execute.ts';
import type { RestContext, RestServices, Route } from '../route/route.ts';
import type { Representation } from './download/representation.ts';
import { sendFile } from './download/send-file.ts';
import { MessagePath } from './message-path.ts';

const headerText = (description: string) => z.string().optional().openapi({ description });

/** What a player, or a cache, may ask for besides the whole of a file. */
const RangeHeaders = z.object({
  Range: headerText(
    'The bytes to send, such as `bytes=0-999` or `bytes=-500`. What makes no sense is ignored.',
  ),
  'If-Range': headerText(
    'The `ETag` or date of the copy that `Range` is to complete; if it is outdated, all is sent.',
  ),
  'If-None-Match': headerText('The `ETag` of a copy: as long as it is current, the answer is 304.'),
  'If-Modified-Since': headerText(
    'The `Last-Modified` of a copy: as long as it is current, the answer is 304.',
  ),
});

const input = { path: MessagePath, header: RangeHeaders };

const bytes = { schema: { type: 'string' as const, description: 'The bytes.' } };
const responses = {
  200: { description: 'All of it.', content: { 'audio/*': bytes } },
  206: {
    description: 'The range asked for, or several.',
    content: { 'audio/*': bytes, 'multipart/byteranges': bytes },
  },
  304: { description: 'The copy that the client has is current.' },
  412: { description: '`If-Match` or `If-Unmodified-Since` does not hold.' },
  416: { description: 'It has no such range.' },
};

/** Streams the recording of a message. */
export const downloadAudio: Route = {
  ...describeRoute(
    {
      method: 'get',
      path: '/sessions/messages/{message_id}/audio',
      operationId: 'get_message_audio',
      summary: 'Get audio for a specific message',
      description:
        'The recording of a message, as it was uploaded. Ranges can be asked for, so that a player can seek, and a copy can be validated by its ETag.',
      input,
      failures: { 404: 'There is no such message, or it has no recording.' },
    },
    responses,
  ),
  async handle(c, services) {
    const { raw, parsed } = await readInput(c.req, input);
    const find = () => findRecording(c, services, parsed.path.message_id, raw);
    const send = async () => {
      const file = await find();
      return sendFile(c, file, (range) => services.openRecording(file.sha256, range), services.log);
    };
    try {
      return await send();
    } catch (error) {
      // It was replaced or deleted in between: what counts is what it has now.
      if (!(error instanceof BlobNotFoundError) || c.env.outgoing.headersSent) throw error;
      return send();
    }
  },
};

async function findRecording(
  c: RestContext,
  services: RestServices,
  messageId: number,
  raw: Parameters<typeof executeDocument>[4],
): Promise<Representation> {
  const variables = { id: encodeId('Message', messageId) };
  const { node } = await executeDocument(c, services, GetMessageAudioDocument, variables, raw);
  if (node?.__typename !== 'Message') throw new RestError(404, 'Message not found');
  const { audio } = node;
  if (!audio) throw new RestError(404, 'The message has no audio');
  const { uploadedAt, filename, ...facts } = audio;
  return { ...facts, filename: filename ?? null, modifiedAt: new Date(uploadedAt) };
}
