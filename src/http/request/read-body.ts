import type { IncomingMessage } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { compressedBody, isCompressed } from '../../base/compressed-body.ts';
import { type JsonLimits, JsonScan } from '../../base/json-scan.ts';
import { type GatewayError, refusal } from '../../errors.ts';

/** What the JSON of a body of the APIs may have. No input has so much. */
export const apiJson: JsonLimits = { nodes: 20_000, items: 20_000 };
/** The dialects write parts of a body as JSON again: results of tools, for example. */
export const dialectJson: JsonLimits = { ...apiJson, levels: 500 };

/** Bytes that are decoded and parsed in turns of their own. */
const largeBytes = 1_048_576;

/** Its creation would take as long as it takes to parse a small body. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a request's body as JSON. Decodes the bytes as a whole, because a character may arrive in two chunks.
 *
 * @throws GatewayError for another content type, for more than `maxBytes` or than the limits allow, and for bytes that are
 *   not JSON in UTF-8.
 */
export async function readJsonBody(
  incoming: IncomingMessage,
  maxBytes: number,
  limits: JsonLimits = apiJson,
): Promise<unknown> {
  assertJson(incoming);
  const bytes = await readBytes(incoming, maxBytes, limits);
  if (bytes.length === 0) throw refusal('BAD_REQUEST', 'The body is missing.');
  if (bytes.length > largeBytes) await nextTurn();
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw refusal('BAD_REQUEST', 'The body is not valid UTF-8.');
  }
  if (bytes.length > largeBytes) await nextTurn();
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
}

/** @throws GatewayError 415 for a request whose body is compressed: the gateway decompresses no body. */
export function refuseCompressed(incoming: IncomingMessage): void {
  if (!isCompressed(incoming)) return;
  // The body is not read, so the connection cannot carry another request.
  throw refusal('UNSUPPORTED_MEDIA_TYPE', compressedBody, { connection: 'close' });
}

/**
 * Reads a request's body from the socket, with or without a Content-Length. A middleware that reads the `Request` would
 * replace it by a copy when there is no Content-Length, and the sender and the id of the request are remembered by the
 * original.
 *
 * @param json What the body may have, if it is to be parsed as JSON. It is counted while the bytes arrive.
 * @throws GatewayError for a compressed body, and for more than `maxBytes` or than `json` allows.
 */
export async function readBytes(
  incoming: IncomingMessage,
  maxBytes: number,
  json?: JsonLimits,
): Promise<Buffer> {
  refuseCompressed(incoming);
  if (Number(incoming.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  return gather(incoming, maxBytes, json);
}

/** Reads by events, because an iterator over the chunks would take ten times as long for a small body. */
function gather(incoming: IncomingMessage, maxBytes: number, json?: JsonLimits): Promise<Buffer> {
  const parts: Buffer[] = [];
  const size = json && new JsonScan();
  let length = 0;
  return new Promise((resolve, reject) => {
    const settle = (settled: () => void) => {
      incoming.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose);
      settled();
    };
    const onData = (part: Buffer) => {
      length += part.length;
      size?.addBytes(part);
      const refused = length > maxBytes ? tooLarge(maxBytes) : json && size?.exceeds(json) && tooMany(json);
      if (!refused) return void parts.push(part);
      incoming.pause();
      onError(refused);
    };
    const onEnd = () => settle(() => resolve(Buffer.concat(parts, length)));
    const onError = (error: unknown) => settle(() => reject(error));
    const onClose = () => onError(new Error('The request broke off.'));
    if (incoming.readableEnded) return resolve(Buffer.alloc(0));
    if (incoming.destroyed) return onError(incoming.errored ?? new Error('The request broke off.'));
    incoming.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
  });
}

function tooLarge(maxBytes: number): GatewayError {
  const message = `The body must not exceed ${maxBytes} bytes.`;
  // The rest of the body is not waited for, so the connection cannot carry another request.
  return refusal('PAYLOAD_TOO_LARGE', message, { connection: 'close' });
}

function tooMany({ nodes, items, levels }: JsonLimits): GatewayError {
  const within = levels === undefined ? '' : `, and ${levels} levels`;
  const message = `The JSON of the body must not have more than ${nodes} objects, lists and fields, and ${items} commas${within}.`;
  return refusal('PAYLOAD_TOO_LARGE', message, { connection: 'close' });
}
