import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

/** A load balancer without sticky sessions: each request goes to the next gateway of the list. */
export interface LoadBalancer extends AsyncDisposable {
  url: string;
  /** The gateways that get requests from now on. Requests that a gateway has already stay with it. */
  setGateways(urls: readonly string[]): void;
}

export async function startLoadBalancer(): Promise<LoadBalancer> {
  let urls: readonly string[] = [];
  let turn = 0;
  /** The gateways, beginning with the one whose turn it is. */
  const inTurn = () => {
    turn += 1;
    return urls.map((_, index) => urls[(turn + index) % urls.length] ?? '');
  };
  const server = createServer((incoming, outgoing) => {
    passOn(incoming, outgoing, inTurn()).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    setGateways(now) {
      urls = now;
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Passes a request to the first gateway that takes the connection. Nothing is repeated that a gateway may have read. */
async function passOn(incoming: IncomingMessage, outgoing: ServerResponse, urls: readonly string[]) {
  const body = await readBody(incoming);
  for (const url of urls) {
    try {
      return await ask(url, incoming, outgoing, body);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
    }
  }
  outgoing.writeHead(503, { 'retry-after': '1' }).end('No gateway takes a connection.');
}

function ask(url: string, incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer): Promise<void> {
  const { method, url: path = '/', headers } = incoming;
  return new Promise((resolve, reject) => {
    const upstream = request(new URL(path, url), { method, headers, agent: false }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      outgoing.flushHeaders();
      pipeline(response, outgoing).then(resolve, reject);
    });
    upstream.on('error', reject);
    outgoing.on('close', () => upstream.destroy());
    upstream.end(body);
  });
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks);
}
