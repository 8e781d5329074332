import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

/** A client on a bare socket that can stop reading, so that first the kernel's and then the gateway's buffers fill. */
export interface StallingClient {
  /** Stops reading for good, until `readAll`. */
  stall(): void;
  /** Reads to the end of the connection. Returns the parsed `data` of all frames. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  readAll(): Promise<any[]>;
}

/** Subscribes in graphql-sse's distinct connections mode. Resolves when the first byte of the response has come. */
export async function subscribeStalling(
  url: string,
  operation: { query: string; variables: Record<string, unknown> },
): Promise<StallingClient> {
  const { hostname, port, pathname } = new URL(`${url}/graphql/stream`);
  const socket = connect({ host: hostname, port: Number(port) });
  const body = JSON.stringify(operation);
  socket.write(
    `POST ${pathname} HTTP/1.1\r\nhost: ${hostname}:${port}\r\naccept: text/event-stream\r\n` +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
  await new Promise<void>((resolve) => socket.once('readable', resolve));
  return {
    stall: () => void socket.pause(),
    async readAll() {
      const received = await text(socket);
      // In HTTP/1.1 the sizes of chunks are on separate lines.
      return received
        .split('\r\n')
        .join('\n')
        .split('\n')
        .filter((line) => line.startsWith('data: {'))
        .map((line) => JSON.parse(line.slice('data: '.length)));
    },
  };
}

/** A response that its client has not read. */
export interface UnreadResponse {
  /** Closes the connection without reading. */
  close(): void;
}

/** Sends a GET and reads only the first byte of the response. Resolves when that byte has come. */
export async function requestUnread(
  url: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<UnreadResponse> {
  const { hostname, port, host } = new URL(url);
  let came = () => {};
  const firstByte = new Promise<void>((resolve) => {
    came = resolve;
  });
  const onread = {
    buffer: Buffer.alloc(1),
    callback() {
      came();
      return false;
    },
  };
  const socket = connect({ host: hostname, port: Number(port), onread });
  // The gateway resets a connection that it gives up.
  socket.on('error', () => {});
  const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  await firstByte;
  return { close: () => void socket.destroy() };
}
