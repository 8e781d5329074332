import type { IncomingMessage } from 'node:http';
import type { FileUpload, Upload } from 'graphql-upload-ts';
import { createUpload } from '../../schema/upload.ts';
import { stopReading } from './stop-reading.ts';
import { fileError } from './upload-error.ts';

/** Bytes of one read from the disk: large enough to make the cost per read small. */
const readBytes = 262_144;

/** Wraps an upload: failures become errors for clients, and the rest of the body stays unread once reading stops. */
export function receiveFile(upload: Upload, incoming: IncomingMessage): Upload {
  const received = async () => {
    try {
      const file = await upload.promise;
      // Without this line the reader would wait for ever for bytes that did not fit on the disk.
      file.capacitor.once('error', (error) => file.capacitor.destroy(error));
      return { filename: file.filename, createReadStream: () => bytesOf(file, incoming) };
    } catch (error) {
      throw fileError(error);
    }
  };
  return createUpload(received());
}

async function* bytesOf(file: FileUpload, incoming: IncomingMessage): AsyncGenerator<Uint8Array> {
  let isWhole = false;
  try {
    yield* file.createReadStream({ highWaterMark: readBytes }) as AsyncIterable<Uint8Array>;
    isWhole = true;
  } catch (error) {
    throw fileError(file.capacitor.errored ?? error);
  } finally {
    if (!isWhole) stopReading(incoming);
  }
}
