import type { IncomingMessage, ServerResponse } from 'node:http';
import { processRequest, Upload } from 'graphql-upload-ts';
import { checkParams, type ReadOptions, type RequestParams } from '../request/read-params.ts';
import { RequestError } from '../request/request-error.ts';
import { guarded } from './guarded.ts';
import { halt } from './halt.ts';
import { receiveFile } from './receive-file.ts';
import { requestErrorOf } from './upload-error.ts';

/** `maxBodyBytes` is for everything but the file. */
export interface UploadOptions extends ReadOptions {
  /** Bytes of the file. */
  maxAudioBytes: number;
}

/** Headers that a web page cannot send to another origin without asking it first. */
const preflightHeaders = ['apollo-require-preflight', 'x-graphql-yoga-csrf'] as const;
/** What the parts of a form are wrapped in is shorter. */
const framingBytes = 65_536;

export function isMultipart({ method, headers }: IncomingMessage): boolean {
  return method === 'POST' && /^multipart\/form-data\s*(;|$)/i.test(headers['content-type'] ?? '');
}

/**
 * The GraphQL request in a multipart body. Resolves as soon as the request itself is there; the file of its
 * `Upload` is still coming in then.
 *
 * graphql-upload-ts has each file written to a temporary one, and has no option against it. The store reads that
 * while the request still comes in. It costs the size of the file on that disk for as long as the request takes,
 * and time: 1 GB takes 1.2 to 1.8 times as long as over the REST API, which does without (`test/bench/upload`).
 *
 * @throws RequestError, after which the rest of the body is not read.
 */
export async function readUpload(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  options: UploadOptions,
): Promise<RequestParams> {
  const { maxBodyBytes, maxAudioBytes, findDocument } = options;
  try {
    checkHeaders(incoming, maxAudioBytes + 2 * maxBodyBytes + framingBytes);
    const operation = await processRequest<unknown>(guarded(incoming), outgoing, {
      maxFieldSize: maxBodyBytes,
      // The parser calls a file too large that is as large as it may be.
      maxFileSize: maxAudioBytes + 1,
      maxFiles: 1,
    });
    const params = checkParams(operation, findDocument);
    return { ...params, ...(params.variables && { variables: withFiles(params.variables, incoming) }) };
  } catch (error) {
    halt(incoming);
    throw requestErrorOf(error, maxBodyBytes);
  }
}

function checkHeaders({ headers }: IncomingMessage, maxBytes: number): void {
  if (preflightHeaders.every((name) => !headers[name])) {
    const message = `A multipart request needs the header ${preflightHeaders.join(' or ')}, with any value.`;
    throw new RequestError('FORBIDDEN', message);
  }
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity')
    throw new RequestError('UNSUPPORTED_MEDIA_TYPE', 'The body must not be compressed.');
  if (Number(headers['content-length'] ?? 0) > maxBytes)
    throw new RequestError('PAYLOAD_TOO_LARGE', `The body must not exceed ${maxBytes} bytes.`);
}

/** No input type has a file within: only variables themselves can be one. */
function withFiles(variables: Record<string, unknown>, incoming: IncomingMessage): Record<string, unknown> {
  const entries = Object.entries(variables).map(([name, value]) => [
    name,
    value instanceof Upload ? receiveFile(value, incoming) : value,
  ]);
  return Object.fromEntries(entries);
}
