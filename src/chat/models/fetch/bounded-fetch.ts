import { setTimeout as delay } from 'node:timers/promises';
import { JsonScan } from '../../../base/json-scan.ts';
import type { PlainFetch } from '../../../base/outbound-fetch.ts';
import { shareTurn } from '../../../base/share-turn.ts';
import { ProviderError } from '../failure/provider-error.ts';

/** Most bytes of a response on the wire. The longest answers of today's models take about 40 MB, a token in each event. */
const maxBodyBytes = 67_108_864;
/** Most bytes without a line break. Provider packages keep a line in memory until it ends, and parse it at once. */
const maxLineBytes = 8_388_608;
/** What the JSON of a line may have. A short line cannot have more than takes some milliseconds to parse. */
const lineLimits = { nodes: 40_000, items: 200_000 };
/** How long a body may stay open after its last event, in milliseconds. A connection is only reused after the end. */
const endGraceMs = 500;

/**
 * Creates the `fetch` for the packages of the providers. It bounds the memory that a response takes before the gateway
 * sees a part of it, and ends the body after OpenAI's last event even if the server leaves the connection open. While
 * the body is read, it throws a ProviderError if the body is too long. So does a status that HTTP does not have.
 */
export function createBoundedFetch(send: PlainFetch): typeof fetch {
  return async (url, init) => {
    const response = await send(String(url), init);
    const { status, statusText, headers } = response;
    if (status > 599) {
      await response.body?.cancel();
      throw new ProviderError(
        'PROVIDER_BAD_RESPONSE',
        `The model provider answered with the status ${status}.`,
      );
    }
    const body = response.body && boundBody(response.body);
    return new Response(body, { status, statusText, headers });
  };
}

/**
 * Most bytes that the provider packages get at once, and parse without a break. They search a line from its beginning
 * with each piece, so smaller pieces would cost more time in total.
 */
const pieceBytes = 32_768;

function boundBody(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let rest: Uint8Array = new Uint8Array();
  let unshared = 0;
  let bodyBytes = 0;
  let lineBytes = 0;
  let line = new JsonScan();
  let tail = '';
  /** Takes a piece of what was read, and lets other work run in between, even when no piece is a part of the answer. */
  const takePiece = async () => {
    const piece = rest.subarray(0, pieceBytes);
    rest = rest.subarray(pieceBytes);
    unshared += piece.length;
    // Do not wait for each short piece: what has arrived is lost when the connection breaks before it is read.
    if (unshared <= pieceBytes) return piece;
    unshared = 0;
    await shareTurn();
    return piece;
  };
  const source: UnderlyingDefaultSource<Uint8Array> = {
    async pull(controller) {
      if (rest.length === 0) {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        rest = value;
      }
      const piece = await takePiece();
      bodyBytes += piece.length;
      const lineBreak = piece.lastIndexOf(10);
      lineBytes = lineBreak === -1 ? lineBytes + piece.length : piece.length - lineBreak - 1;
      // Only a line that is longer than a piece is counted.
      if (lineBreak === -1) line.addBytes(piece);
      else line = new JsonScan();
      if (bodyBytes > maxBodyBytes || lineBytes > maxLineBytes || line.exceeds(lineLimits)) {
        const error = new ProviderError(
          'PROVIDER_BAD_RESPONSE',
          'The response of the model provider is too long.',
        );
        controller.error(error);
        await reader.cancel(error);
        return;
      }
      controller.enqueue(piece);
      tail = (tail + Buffer.from(piece.subarray(-tailLength)).toString('latin1')).slice(-tailLength);
      if (rest.length > 0 || !lastEvent.test(tail)) return;
      await Promise.race([reader.read(), delay(endGraceMs)]);
      controller.close();
      await reader.cancel();
    },
    cancel: (reason) => reader.cancel(reason),
  };
  // An error discards what waits in the stream, so nothing waits there.
  return new ReadableStream(source, { highWaterMark: 0 });
}

const lastEvent = /(?:^|\n)data: ?\[DONE\]\s*$/;
const tailLength = 32;
