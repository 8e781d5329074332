import { BlobNotFoundError } from '../../blobs/blob-store.ts';
import type { Representation } from '../../download/representation.ts';
import { sendFile } from '../../download/send-file.ts';
import { RestError } from '../errors/rest-error.ts';
import type { RestContext, RestServices } from '../route/route.ts';

export interface SendUploadOptions {
  /** The file in an error message: `recording`. */
  noun: string;
  /** Finds what the database says about the file. */
  find(): Promise<Representation>;
  /** What the log is told of a file whose bytes are lost. */
  ids: Record<string, number>;
}

/**
 * Streams an uploaded file, or the ranges of it that the request asks for.
 *
 * @throws RestError 404 if its bytes are lost.
 */
export async function sendUpload(
  c: RestContext,
  services: RestServices,
  { noun, find, ids }: SendUploadOptions,
): Promise<Response> {
  let sha256 = '';
  const send = async () => {
    const file = await find();
    sha256 = file.sha256;
    return sendFile(c, file, (range) => services.openUpload(file.sha256, range), services.log);
  };
  const isMissing = (error: unknown) => error instanceof BlobNotFoundError && !c.env.outgoing.headersSent;
  try {
    return await send().catch((error: unknown) => {
      // The file was replaced or deleted after the query. Query again, once, and send the current one.
      if (isMissing(error)) return send();
      throw error;
    });
  } catch (error) {
    if (!isMissing(error)) throw error;
    services.log.warn({ ...ids, sha256 }, `The blob store has no bytes for a ${noun}.`);
    throw new RestError(404, `The bytes of the ${noun} are lost. Upload the ${noun} again.`);
  }
}
