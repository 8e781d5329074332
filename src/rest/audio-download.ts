import { encodeId } from '../base/global-id.ts';
import { BlobNotFoundError } from '../blobs/blob-store.ts';
import { GetMessageAudioDocument } from '../gql/graphql.ts';
import type { Representation } from './download/representation.ts';
import { sendFile } from './download/send-file.ts';
import { executeDocument } from './execute.ts';
import { describeDownloadRoute } from './openapi.ts';
import { MessagePath, RangeHeaders } from './parameters.ts';
import { readInput } from './read-input.ts';
import { RestError } from './rest-error.ts';
import type { RestContext, RestServices, Route } from './route.ts';

const input = { path: MessagePath, header: RangeHeaders };

/** Streams the recording of a message. */
export const downloadAudio: Route = {
  ...describeDownloadRoute({
    method: 'get',
    path: '/sessions/messages/{message_id}/audio',
    operationId: 'get_message_audio',
    summary: 'Get audio for a specific message',
    description:
      'The recording of a message, as it was uploaded. Ranges can be asked for, so that a player can seek, and a copy can be validated by its ETag.',
    notFound: 'There is no such message, or it has no recording.',
    input,
  }),
  async handle(c, services) {
    const { raw, parsed } = await readInput(c, input);
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
