import { setTimeout as delay } from 'node:timers/promises';
import { ProviderError } from './provider-error.ts';

/** Most bytes of a response on the wire. The longest answers of today's models take about 40 MB, a token in each event. */
const maxBodyBytes = 67_108_864;
/** Most bytes without a line break. Provider packages keep a line in memory until it ends, and parse it at once. */
const maxLineBytes = 8_388_608;
/** How long a body may stay open after its last event, in milliseconds. A connection is only reused after the end. */
const endGraceMs = 500;

/**
 * `fetch` for the packages of the providers. Bounds the memory that a response takes before the gateway sees a part of
 * it, and ends the body after OpenAI's last event even if the server leaves the connection open.
 *
 * @throws ProviderError while the body is read, if it is too long.
 */
export const boundedFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  if (response.body === null) return response;
  const { status, statusText, headers } = response;
  return new Response(boundBody(response.body), { status, statusText, headers });
};

function boundBody(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let bodyBytes = 0;
  let lineBytes = 0;
  let tail = '';
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) return controller.close();
      bodyBytes += value.length;
      const lineBreak = value.lastIndexOf(10);
      lineBytes = lineBreak === -1 ? lineBytes + value.length : value.length - lineBreak - 1;
      if (bodyBytes > maxBodyBytes || lineBytes > maxLineBytes) {
        const error = new ProviderError(
          'PROVIDER_BAD_RESPONSE',
          'The response of the model provider is too long.',
        );
        controller.error(error);
        await reader.cancel(error);
        return;
      }
      controller.enqueue(value);
      tail = (tail + Buffer.from(value.subarray(-tailLength)).toString('latin1')).slice(-tailLength);
      if (!lastEvent.test(tail)) return;
      await Promise.race([reader.read(), delay(endGraceMs)]);
      controller.close();
      await reader.cancel();
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

const lastEvent = /(?:^|\n)data: ?\[DONE\]\s*$/;
const tailLength = 32;
