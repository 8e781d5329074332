import type { IncomingMessage } from 'node:http';
import type { FileUpload, Upload } from 'graphql-upload-ts';
import { createUpload } from '../../schema/upload.ts';
import { halt } from './halt.ts';
import { gatewayErrorOf } from './upload-error.ts';

/** Large enough that asking the disk costs little next to what it gives. */
const readBytes = 262_144;

/** The same upload, failing with errors for clients, and with nothing left of it once it is not read on. */
export function receiveFile(upload: Upload, incoming: IncomingMessage): Upload {
  const received = async () => {
    try {
      const file = await upload.promise;
      // Or who reads the temporary file would wait for bytes that the disk has no room for.
      file.capacitor.once('error', (error) => file.capacitor.destroy(error));
      return { filename: file.filename, createReadStream: () => bytesOf(file, incoming) };
    } catch (error) {
      throw gatewayErrorOf(error);
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
    throw gatewayErrorOf(file.capacitor.errored ?? error);
  } finally {
    if (!isWhole) halt(incoming);
  }
}
