import type { IncomingMessage, ServerResponse } from 'node:http';
import { processRequest, Upload } from 'graphql-upload-ts';
import { refusal } from '../../errors.ts';
import { refuseCompressed } from '../request/read-body.ts';
import { checkParams, type ReadOptions, type RequestParams } from '../request/read-params.ts';
import { receiveFile } from './receive-file.ts';
import { stopAfterForm } from './stop-after-form.ts';
import { stopReading } from './stop-reading.ts';
import { formRefusal } from './upload-error.ts';

/** `maxBodyBytes` limits the operation, not the file. */
export interface UploadOptions extends ReadOptions {
  /** Most bytes of the file, whatever it is for. What takes the file may take fewer. */
  maxUploadBytes: number;
}

/** Headers that a browser sends to another origin only after the gateway has allowed it (CORS preflight). */
const preflightHeaders = ['apollo-require-preflight', 'x-graphql-yoga-csrf'] as const;
/** Most bytes of the operation and of the map, which are parsed as JSON: in brackets they take some milliseconds. */
const mostFieldBytes = 65_536;
/** Allowance for the boundaries of a form and the headers of its parts. They need less. */
const framingBytes = 65_536;

export function isMultipart({ method, headers }: IncomingMessage): boolean {
  return method === 'POST' && /^multipart\/form-data\s*(;|$)/i.test(headers['content-type'] ?? '');
}

/**
 * Reads the GraphQL request from a multipart body. Resolves as soon as the operation and its variables have come; the
 * file of an `Upload` is still arriving then.
 *
 * graphql-upload-ts writes every file to a temporary file and has no option to avoid it. The blob store reads the
 * temporary file while the request is still arriving. The file takes disk space until the request ends, and time: 1 GB
 * takes 1.2 to 1.8 times as long as over the REST API, which uses no temporary file (`test/bench/upload`).
 *
 * @throws GatewayError; the rest of the body is not read then.
 */
export async function readUpload(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  options: UploadOptions,
): Promise<RequestParams> {
  const { maxUploadBytes, findDocument } = options;
  const maxFieldSize = Math.min(options.maxBodyBytes, mostFieldBytes);
  try {
    checkHeaders(incoming, maxUploadBytes + 2 * maxFieldSize + framingBytes);
    const operation = await processRequest<unknown>(stopAfterForm(incoming), outgoing, {
      maxFieldSize,
      // busboy refuses a file of exactly `maxFileSize` bytes.
      maxFileSize: maxUploadBytes + 1,
      maxFiles: 1,
    });
    const params = checkParams(operation, findDocument);
    return { ...params, ...(params.variables && { variables: withFiles(params.variables, incoming) }) };
  } catch (error) {
    stopReading(incoming);
    throw formRefusal(error, maxFieldSize);
  }
}

function checkHeaders(incoming: IncomingMessage, maxBytes: number): void {
  const { headers } = incoming;
  if (preflightHeaders.every((name) => !headers[name])) {
    const message = `A multipart request needs the header ${preflightHeaders.join(' or ')}, with any value.`;
    throw refusal('FORBIDDEN', message);
  }
  refuseCompressed(incoming);
  if (Number(headers['content-length'] ?? 0) > maxBytes)
    throw refusal('PAYLOAD_TOO_LARGE', `The body must not exceed ${maxBytes} bytes.`);
}

/** Wraps the files among the variables. No input type has a field of type `Upload`, so nested values hold no files. */
function withFiles(variables: Record<string, unknown>, incoming: IncomingMessage): Record<string, unknown> {
  const entries = Object.entries(variables).map(([name, value]) => [
    name,
    value instanceof Upload ? receiveFile(value, incoming) : value,
  ]);
  return Object.fromEntries(entries);
}
