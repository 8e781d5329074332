import type { IncomingMessage, ServerResponse } from 'node:http';
import { processRequest, Upload } from 'graphql-upload-ts';
import { refusal } from '../../errors.ts';
import { checkParams, type ReadOptions, type RequestParams } from '../request/read-params.ts';
import { receiveFile } from './receive-file.ts';
import { stopAfterForm } from './stop-after-form.ts';
import { stopReading } from './stop-reading.ts';
import { formRefusal } from './upload-error.ts';

/** `maxBodyBytes` is for everything but the file. */
export interface UploadOptions extends ReadOptions {
  /** Bytes of the file. */
  maxAudioBytes: number;
}

/** Headers that a browser does not send to another origin before the gateway has allowed it (CORS preflight). */
const preflightHeaders = ['apollo-require-preflight', 'x-graphql-yoga-csrf'] as const;
/** More than the boundaries and the headers of a form's parts can take. */
const framingBytes = 65_536;

export function isMultipart({ method, headers }: IncomingMessage): boolean {
  return method === 'POST' && /^multipart\/form-data\s*(;|$)/i.test(headers['content-type'] ?? '');
}

/**
 * The GraphQL request in a multipart body. Resolves as soon as the operation and its variables have come; the file of
 * an `Upload` is still coming in then.
 *
 * graphql-upload-ts writes every file to a temporary file, and has no option against it. The blob store reads the
 * temporary file while the request still comes in. This takes space on the disk for as long as the request lasts, and
 * time: 1 GB takes 1.2 to 1.8 times as long as over the REST API, which uses no temporary file (`test/bench/upload`).
 *
 * @throws GatewayError, after which the rest of the body is not read.
 */
export async function readUpload(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  options: UploadOptions,
): Promise<RequestParams> {
  const { maxBodyBytes, maxAudioBytes, findDocument } = options;
  try {
    checkHeaders(incoming, maxAudioBytes + 2 * maxBodyBytes + framingBytes);
    const operation = await processRequest<unknown>(stopAfterForm(incoming), outgoing, {
      maxFieldSize: maxBodyBytes,
      // busboy already refuses a file of exactly `maxFileSize` bytes.
      maxFileSize: maxAudioBytes + 1,
      maxFiles: 1,
    });
    const params = checkParams(operation, findDocument);
    return { ...params, ...(params.variables && { variables: withFiles(params.variables, incoming) }) };
  } catch (error) {
    stopReading(incoming);
    throw formRefusal(error, maxBodyBytes);
  }
}

function checkHeaders({ headers }: IncomingMessage, maxBytes: number): void {
  if (preflightHeaders.every((name) => !headers[name])) {
    const message = `A multipart request needs the header ${preflightHeaders.join(' or ')}, with any value.`;
    throw refusal('FORBIDDEN', message);
  }
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity')
    throw refusal('UNSUPPORTED_MEDIA_TYPE', 'The body must not be compressed.');
  if (Number(headers['content-length'] ?? 0) > maxBytes)
    throw refusal('PAYLOAD_TOO_LARGE', `The body must not exceed ${maxBytes} bytes.`);
}

/** Only a variable itself can be a file: no input type of the schema has a field of type `Upload`. */
function withFiles(variables: Record<string, unknown>, incoming: IncomingMessage): Record<string, unknown> {
  const entries = Object.entries(variables).map(([name, value]) => [
    name,
    value instanceof Upload ? receiveFile(value, incoming) : value,
  ]);
  return Object.fromEntries(entries);
}
