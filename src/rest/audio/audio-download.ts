import { encodeId } from '../../base/global-id.ts';
import type { Representation } from '../../download/representation.ts';
import { GetMessageAudioDocument } from '../../gql/graphql.ts';
import { RestError } from '../errors/rest-error.ts';
import { readInput } from '../input/read-input.ts';
import { describeRoute } from '../route/describe-route.ts';
import { executeDocument } from '../route/execute.ts';
import type { RestContext, RestServices, Route } from '../route/route.ts';
import { fileResponses, rangeHeaders } from '../uploads/range-headers.ts';
import { sendUpload } from '../uploads/send-upload.ts';
import { MessagePath } from './message-path.ts';

const input = { path: MessagePath, header: rangeHeaders('recording') };

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
    fileResponses('recording', 'audio/*'),
  ),
  async handle(c, services) {
    const { raw, parsed } = await readInput(c, services, input);
    const messageId = parsed.path.message_id;
    const find = () => findRecording(c, services, messageId, raw);
    return sendUpload(c, services, { noun: 'recording', find, ids: { messageId } });
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
