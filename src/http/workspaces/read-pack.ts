import type { IncomingMessage } from 'node:http';
import { refusal } from '../../errors.ts';
import { chunkBytes } from '../../sync/entry.ts';
import { PackError, unpack } from '../../sync/pack.ts';
import type { Chunk } from '../../sync/remote.ts';
import { refuseCompressed } from '../request/read-body.ts';

/** The most bytes of a pack, as it is sent and as its chunks are together. */
const maxPackBytes = 2 * chunkBytes;
/** The most chunks in a pack. */
const maxPackChunks = 10_000;

/**
 * Reads the pack in the body of a request, as fast as the chunks are stored.
 *
 * @throws GatewayError PAYLOAD_TOO_LARGE, BAD_REQUEST, UNSUPPORTED_MEDIA_TYPE; what the connection throws.
 */
export async function* readPack(incoming: IncomingMessage): AsyncGenerator<Chunk> {
  refuseCompressed(incoming);
  let bytes = 0;
  let chunks = 0;
  try {
    for await (const chunk of unpack(bodyOf(incoming))) {
      bytes += chunk.bytes.length;
      chunks += 1;
      if (bytes > maxPackBytes || chunks > maxPackChunks) throw tooLarge();
      yield chunk;
    }
  } catch (error) {
    if (!(error instanceof PackError)) throw error;
    throw refusal('BAD_REQUEST', error.message, { connection: 'close' });
  }
}

/** The connection stays open when the reading ends early, so that the sender learns why. */
async function* bodyOf(incoming: IncomingMessage): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const part of incoming.iterator({ destroyOnReturn: false })) {
    bytes += part.length;
    if (bytes > maxPackBytes) throw tooLarge();
    yield part;
  }
}

function tooLarge() {
  const message = `A pack has at most ${maxPackBytes} bytes and ${maxPackChunks} chunks.`;
  return refusal('PAYLOAD_TOO_LARGE', message, { connection: 'close' });
}
