import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { StreamedBody } from './streamed-body.ts';

/** What is used of a response. Its status may be one that `Response` does not take. */
export type OutboundResponse = Pick<Response, 'status' | 'statusText' | 'headers' | 'body'>;

interface StreamedRequest {
  method: string;
  headers: Headers;
  body: StreamedBody;
  signal: AbortSignal | null | undefined;
  dispatcher: Dispatcher;
}

/**
 * Sends a body piece by piece, as fast as the server reads it. `fetch` cannot do this: it keeps all that it has sent, for
 * the case that it must send it again. Redirects are not followed.
 *
 * @throws As `fetch` does; rethrows errors of the body.
 */
export async function sendStreamed(
  { request }: Pick<typeof import('undici'), 'request'>,
  url: string,
  { method, headers, body, signal, dispatcher }: StreamedRequest,
): Promise<OutboundResponse> {
  let failure: { error: unknown } | undefined;
  async function* pieces() {
    try {
      yield* body.pieces();
    } catch (error) {
      failure = { error };
      throw error;
    }
  }
  const sent = { accept: '*/*', ...Object.fromEntries(headers), 'content-length': String(body.size) };
  try {
    const options = { method: method as Dispatcher.HttpMethod, headers: sent, signal: signal ?? null };
    // undici takes an iterable of bytes, and its types know only some kinds of it.
    const iterable = pieces() as unknown as Readable;
    const answer = await request(url, { ...options, body: iterable, dispatcher });
    return {
      status: answer.statusCode,
      statusText: '',
      headers: toHeaders(answer.headers),
      body: toWebStream(answer.body),
    };
  } catch (cause) {
    signal?.throwIfAborted();
    throw failure ? failure.error : new TypeError('fetch failed', { cause });
  }
}

function toHeaders(received: Record<string, string | string[] | undefined>): Headers {
  const headers = new Headers();
  for (const [name, value = []] of Object.entries(received)) {
    for (const each of [value].flat()) headers.append(name, each);
  }
  return headers;
}

/** `Readable.toWeb` reads ahead, and throws where the body goes on after it was cancelled. */
function toWebStream(body: Readable): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks: AsyncIterator<Uint8Array<ArrayBuffer>> = body[Symbol.asyncIterator]();
  // Somebody must listen: a body that breaks off after it was cancelled would end the process.
  body.on('error', () => {});
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel() {
        body.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}
