import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import type { Logger } from 'pino';
import type { ByteRange } from '../blobs/blob-store.ts';
import { readRanges } from './byte-ranges.ts';
import { type Content, layOut } from './content.ts';
import { checkPreconditions, isRangeCurrent } from './preconditions.ts';
import { contentHeaders, type Representation, validators } from './representation.ts';

/** Opens a range of the file as a stream. */
export type OpenPart = (range: ByteRange) => Promise<Readable>;

/**
 * Responds with a file, or with the ranges that the request asks for, if its conditions are met. The bytes are read
 * as fast as the client receives them. If the client disconnects, the reading stops.
 *
 * @param log Receives an error that happens after the response has started. The connection is cut then.
 * @throws The error of `open` for the first range. Nothing has been sent then.
 */
export async function sendFile(
  c: Pick<Context<{ Bindings: HttpBindings }>, 'req' | 'env'>,
  file: Representation,
  open: OpenPart,
  log: Logger,
): Promise<Response> {
  const header = (name: string) => c.req.header(name);
  const { outgoing } = c.env;
  const answer = (status: number, headers: Record<string, string>) => {
    outgoing.writeHead(status, headers).end();
    return RESPONSE_ALREADY_SENT;
  };
  const ended = checkPreconditions(header, file);
  if (ended !== null) return answer(ended, validators(file));
  // RFC 9110 defines ranges only for GET.
  const isHead = c.req.method === 'HEAD';
  const ranges = !isHead && isRangeCurrent(header, file) ? readRanges(header('range'), file.size) : null;
  if (ranges?.length === 0) {
    return answer(416, { ...contentHeaders(file), 'Content-Range': `bytes */${file.size}` });
  }
  const content = layOut(file, ranges);
  const headers = { ...contentHeaders(file), ...content.headers };
  if (isHead) {
    // A HEAD request must fail where a GET request would.
    (await open(content.parts[0].range)).destroy();
    return answer(200, headers);
  }
  await stream(outgoing, content, headers, open, log);
  return RESPONSE_ALREADY_SENT;
}

/** Throws only if the first range cannot be opened. Later errors are logged, and the connection is cut. */
async function stream(
  outgoing: ServerResponse,
  { status, parts, tail }: Content,
  headers: Record<string, string>,
  open: OpenPart,
  log: Logger,
): Promise<void> {
  let bytes = await open(parts[0].range);
  async function* assemble() {
    try {
      for (const [index, { head, range }] of parts.entries()) {
        if (index > 0) bytes = await open(range);
        if (head !== '') yield head;
        yield* bytes;
      }
      if (tail !== '') yield tail;
    } catch (error) {
      if (!outgoing.destroyed) log.error({ err: error }, 'A download failed.');
      throw error;
    } finally {
      bytes.destroy();
    }
  }
  // Destroy the source at once: `pipeline` would wait for its next chunk, which a stuck store never sends.
  const leave = () => void bytes.destroy();
  outgoing.once('close', leave);
  try {
    outgoing.writeHead(status, headers);
    await pipeline(assemble, outgoing);
  } catch {
    // Either the client has disconnected, or `assemble` has logged the error and the connection is cut.
  } finally {
    bytes.destroy();
  }
}
