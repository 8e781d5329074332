import { z } from '@hono/zod-openapi';
import { encodeId } from '../../base/global-id.ts';
import { BlobNotFoundError } from '../../blobs/blob-store.ts';
import type { Representation } from '../../download/representation.ts';
import { sendFile } from '../../download/send-file.ts';
import { GetMessageAudioDocument } from '../../gql/graphql.ts';
import { RestError } from '../errors/rest-error.ts';
import { readInput } from '../input/read-input.ts';
import { describeRoute } from '../route/describe-route.ts';
import { executeDocument } from '../route/execute.ts';
import type { RestContext, RestServices, Route } from '../route/route.ts';
import { MessagePath } from './message-path.ts';

const headerText = (description: string) => z.string().optional().openapi({ description });

/** The headers with which a player requests a part, and a cache checks its copy. */
const RangeHeaders = z.object({
  Range: headerText(
    'The bytes to send, such as `bytes=0-999` (the first 1,000) or `bytes=-500` (the last 500). A malformed header is ignored: the whole recording is sent.',
  ),
  'If-Range': headerText(
    'The `ETag` or `Last-Modified` of the client’s copy. If the recording has changed since, `Range` is ignored and the whole recording is sent.',
  ),
  'If-None-Match': headerText(
    'The `ETag` of the client’s copy. If the copy is current, the response is 304 without a body.',
  ),
  'If-Modified-Since': headerText(
    'The `Last-Modified` of the client’s copy. If the copy is current, the response is 304 without a body.',
  ),
});

const input = { path: MessagePath, header: RangeHeaders };

const bytes = {
  schema: { type: 'string' as const, format: 'binary', description: 'The bytes of the recording.' },
};
const responses = {
  200: { description: 'The whole recording.', content: { 'audio/*': bytes } },
  206: {
    description: 'The requested range or, as `multipart/byteranges`, several ranges.',
    content: { 'audio/*': bytes, 'multipart/byteranges': bytes },
  },
  304: { description: 'The client’s copy is current.' },
  412: { description: 'The condition of `If-Match` or `If-Unmodified-Since` is not met.' },
  416: { description: 'The requested range is outside the recording.' },
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
        'Returns the recording of a message as it was uploaded. A player can request ranges to seek, and a cache can check its copy by the `ETag`.',
      input,
      failures: {
        404: 'The message does not exist, it has no recording, or the bytes of its recording are lost, for example because a backup was restored without them.',
      },
    },
    responses,
  ),
  async handle(c, services) {
    const { raw, parsed } = await readInput(c, services, input);
    const find = () => findRecording(c, services, parsed.path.message_id, raw);
    let sha256 = '';
    const send = async () => {
      const file = await find();
      sha256 = file.sha256;
      return sendFile(c, file, (range) => services.openRecording(file.sha256, range), services.log);
    };
    const isMissing = (error: unknown) => error instanceof BlobNotFoundError && !c.env.outgoing.headersSent;
    try {
      return await send().catch((error: unknown) => {
        // The recording was replaced or deleted after the query. Query again, once, and send the current one.
        if (isMissing(error)) return send();
        throw error;
      });
    } catch (error) {
      if (!isMissing(error)) throw error;
      const { message_id } = parsed.path;
      services.log.warn({ messageId: message_id, sha256 }, 'The blob store has no bytes for a recording.');
      throw new RestError(404, 'The bytes of the recording are lost. Upload the recording again.');
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
  const modifiedAt = new Date(uploadedAt);
  return { ...facts, filename: filename ?? null, disposition: 'inline', modifiedAt };
}
