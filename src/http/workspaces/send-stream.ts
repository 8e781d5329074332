import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import type { Logger } from 'pino';
import type { ChangedPath } from '../../sync/remote.ts';
import type { RouteBindings } from '../request/route-bindings.ts';

/** Lines are written together until they have so many characters. */
const writtenTogether = 65_536;

/** A line for each path, in order, and a last one that says that nothing is missing. */
export async function* entryLines({
  revision,
  paths,
}: {
  revision: number;
  paths: AsyncIterable<ChangedPath>;
}): AsyncGenerator<string> {
  let lines = '';
  for await (const path of paths) {
    lines += `${JSON.stringify(path)}\n`;
    if (lines.length < writtenTogether) continue;
    yield lines;
    lines = '';
  }
  yield `${lines}${JSON.stringify({ end: true, revision })}\n`;
}

/**
 * Sends a response as fast as the client reads it. When the client leaves, the source ends.
 *
 * @param log Receives an error that happens after the response has begun. The connection is cut then.
 * @throws What the source throws before its first piece.
 */
export async function sendStream(
  { env: { outgoing, httpRequestId } }: Context<{ Bindings: RouteBindings }>,
  type: string,
  source: AsyncGenerator<string | Uint8Array>,
  log: Logger,
): Promise<Response> {
  const first = await source.next();
  outgoing.writeHead(200, { 'Content-Type': type });
  async function* all() {
    if (!first.done) yield first.value;
    yield* source;
  }
  try {
    await pipeline(Readable.from(all(), { objectMode: false }), outgoing);
  } catch (error) {
    if (!isLeft(error)) log.error({ err: error, httpRequestId }, 'a response was cut off');
  }
  return RESPONSE_ALREADY_SENT;
}

/** Whether the client has closed the connection. */
function isLeft(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE';
}
