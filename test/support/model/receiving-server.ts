import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deferred } from './turn.ts';

/** A request of which the server keeps its bytes and parses nothing, so that it takes hardly any time. */
interface ReceivedRequest {
  /** How many bytes have been read. */
  readonly bytes: number;
  readonly headers: IncomingMessage['headers'];
  /** The whole body, once it has arrived. */
  body(): Promise<string>;
}

export interface ReceivingServer extends AsyncDisposable {
  /** The base URL of an OpenAI-compatible server. */
  readonly url: string;
  /** In the order in which they arrived. */
  readonly requests: readonly ReceivedRequest[];
  /** From here on, requests are not read. */
  hold(): void;
  /** Reads and answers the request with this index. */
  release(index: number): void;
  /** Reads and answers all that are held, and those that come. */
  releaseAll(): void;
  /** Resolves when so many requests have arrived. */
  arrived(count: number): Promise<void>;
  /** The next requests get these statuses instead of an answer. They are read only if `reads` is true. */
  refuse(status: number, options?: { reads: boolean }): void;
}

const answer = [
  { choices: [{ index: 0, delta: { role: 'assistant', content: 'Seen.' }, finish_reason: null }] },
  { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
].map(
  (chunk) =>
    `data: ${JSON.stringify({ id: 'a', object: 'chat.completion.chunk', model: 'm', ...chunk })}\n\n`,
);

/** A model server on a free port of 127.0.0.1 that answers each request with "Seen.", when it is allowed to read it. */
export async function startReceivingServer(): Promise<ReceivingServer> {
  const requests: ReceivedRequest[] = [];
  const held: (() => void)[] = [];
  const refusals: { status: number; reads: boolean }[] = [];
  const awaited: { count: number; resolve: () => void }[] = [];
  let isHolding = false;

  const receive = (incoming: IncomingMessage, response: ServerResponse) => {
    if (incoming.method === 'GET') return void response.writeHead(404).end();
    const chunks: Buffer[] = [];
    const refusal = refusals.shift();
    const { promise: end, resolve } = deferred();
    const body = async () => {
      await end;
      return Buffer.concat(chunks).toString();
    };
    const request = { bytes: 0, headers: incoming.headers, body };
    const index = requests.push(request) - 1;
    incoming.on('end', () => {
      resolve();
      if (refusal) return refuseWith(response, refusal.status);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`${answer.join('')}data: [DONE]\n\n`);
    });
    held[index] = () => {
      incoming.on('data', (chunk: Buffer) => {
        request.bytes += chunk.length;
        chunks.push(chunk);
      });
    };
    if (refusal?.reads === false) refuseWith(response, refusal.status);
    else if (!isHolding) held[index]();
    for (const each of awaited) if (requests.length >= each.count) each.resolve();
  };
  const server = createServer(receive);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    hold() {
      isHolding = true;
    },
    release: (index) => held[index]?.(),
    releaseAll() {
      isHolding = false;
      for (const release of held) release();
    },
    async arrived(count) {
      if (requests.length >= count) return;
      await new Promise<void>((resolve) => void awaited.push({ count, resolve }));
    },
    refuse: (status, { reads } = { reads: true }) => void refusals.push({ status, reads }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function refuseWith(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { message: 'Not now.' } }));
}
