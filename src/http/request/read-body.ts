import type { IncomingMessage } from 'node:http';
import { type GatewayError, refusal } from '../../errors.ts';

/**
 * Reads a request's body as JSON. Decodes the bytes as a whole, because a character may arrive in two chunks.
 *
 * @throws GatewayError for another content type, for more than `maxBytes`, and for bytes that are not JSON in UTF-8.
 */
export async function readJsonBody(incoming: IncomingMessage, maxBytes: number): Promise<unknown> {
  assertJson(incoming);
  const bytes = await readBytes(incoming, maxBytes);
  if (bytes.length === 0) throw refusal('BAD_REQUEST', 'The body is missing.');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refusal('BAD_REQUEST', 'The body is not valid UTF-8.');
  }
  try {
    return JSON.parse(text);
  } catch {
    throw refusal('BAD_REQUEST', 'The body is not valid JSON.');
  }
}

function assertJson({ headers }: IncomingMessage): void {
  const [mediaType = '', ...parameters] = (headers['content-type'] ?? '')
    .split(';')
    .map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  const isUtf8 = charset === undefined || /^"?utf-?8"?$/.test(charset);
  if (mediaType !== 'application/json' || !isUtf8) {
    throw refusal('UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json in UTF-8.');
  }
  if ((headers['content-encoding'] ?? 'identity').toLowerCase() !== 'identity') {
    throw refusal('UNSUPPORTED_MEDIA_TYPE', 'The body must not be compressed.');
  }
}

async function readBytes(incoming: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(incoming.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const parts: Buffer[] = [];
  let length = 0;
  const chunks: AsyncIterator<Buffer> = incoming.iterator({ destroyOnReturn: false });
  for (;;) {
    const { done, value } = await chunks.next();
    if (done) return Buffer.concat(parts, length);
    length += value.length;
    if (length > maxBytes) {
      await chunks.return?.();
      throw tooLarge(maxBytes);
    }
    parts.push(value);
  }
}

function tooLarge(maxBytes: number): GatewayError {
  // The rest of the body is not read, so the connection cannot carry another request.
  return refusal('PAYLOAD_TOO_LARGE', `The body must not exceed ${maxBytes} bytes.`, {
    connection: 'close',
  });
}
