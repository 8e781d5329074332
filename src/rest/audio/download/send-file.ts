import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { Logger } from 'pino';
import type { ByteRange } from '../../../blobs/blob-store.ts';
import { readRanges } from './byte-ranges.ts';
import { type Content, layOut } from './content.ts';
import { checkPreconditions, isRangeCurrent } from './preconditions.ts';
import { alreadySent, contentHeaders, type Representation, validators } from './representation.ts';

/** The bytes of one part of a file, read as they are asked for. */
export type OpenPart = (range: ByteRange) => Promise<Readable>;

/**
 * Answers with a file, or with what the request's conditions and ranges leave of it. The bytes go straight to
 * the response, as fast as the client takes them; when it leaves, they are not read on.
 *
 * @param log Gets what breaks once the answer has begun; then the connection is cut.
 * @throws What opening the first part throws: then nothing has been sent.
 */
export async function sendFile(
  c: Context<{ Bindings: HttpBindings }>,
  file: Representation,
  open: OpenPart,
  log: Logger,
): Promise<Response> {
  const header = (name: string) => c.req.header(name);
  const { outgoing } = c.env;
  const given = Object.fromEntries(c.res.headers);
  const answer = (status: number, headers: Record<string, string>) => {
    outgoing.writeHead(status, { ...given, ...headers }).end();
    return alreadySent(status);
  };
  const ended = checkPreconditions(header, file);
  if (ended !== null) return answer(ended, validators(file));
  // A range is only defined for GET.
  const isHead = c.req.method === 'HEAD';
  const ranges = !isHead && isRangeCurrent(header, file) ? readRanges(header('range'), file.size) : null;
  if (ranges?.length === 0) {
    return answer(416, { ...contentHeaders(file), 'Content-Range': `bytes */${file.size}` });
  }
  const content = layOut(file, ranges);
  const headers = { ...contentHeaders(file), ...content.headers };
  if (isHead) return answer(200, headers);
  await stream(outgoing, content, { ...given, ...headers }, open, log);
  return alreadySent(content.status);
}

/** Throws only before anything was sent; what breaks later is logged, and the connection cut. */
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
      if (!outgoing.destroyed) log.error({ err: error }, 'A download broke.');
      throw error;
    } finally {
      bytes.destroy();
    }
  }
  // A store that is stuck would otherwise not hear of it.
  const leave = () => void bytes.destroy();
  outgoing.once('close', leave);
  try {
    outgoing.writeHead(status, headers);
    await pipeline(assemble, outgoing);
  } catch {
    // The client has left, or was told by the cut connection.
  } finally {
    bytes.destroy();
  }
}
