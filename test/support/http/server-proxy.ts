import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A proxy between a gateway and a server that it needs: PostgreSQL, Redis. */
export interface ServerProxy extends AsyncDisposable {
  /** The URL of the server, with the port of the proxy. */
  url: string;
  /** Breaks all connections. While it is away, the proxy closes new ones at once. */
  setAway(isAway: boolean): void;
  /** Breaks all connections. While it is full, the proxy answers new ones as PostgreSQL does at its connection limit. */
  setFull(isFull: boolean): void;
  /** Lets nothing through in either direction, and keeps the connections open, as a frozen server does. */
  setFrozen(isFrozen: boolean): void;
  /** Breaks the connection on which the next response with this text comes, without the response. */
  swallow(text: string): Promise<void>;
}

/** @param server The URL of the server. */
export async function startServerProxy(server: string): Promise<ServerProxy> {
  const target = new URL(server);
  const ends = new Set<() => void>();
  const pairs = new Set<{ pause(): void; resume(): void }>();
  let isAway = false;
  let isFull = false;
  let isFrozen = false;
  let swallowed: { text: string; done: () => void } | undefined;
  const listener = createServer((client) => {
    if (isAway) return void client.destroy();
    if (isFull) return refuse(client);
    const upstream = connect(Number(target.port), target.hostname);
    const pair = {
      pause: () => [client, upstream].forEach((socket) => void socket.pause()),
      resume: () => [client, upstream].forEach((socket) => void socket.resume()),
    };
    const end = () => {
      client.destroy();
      upstream.destroy();
      ends.delete(end);
      pairs.delete(pair);
    };
    ends.add(end);
    pairs.add(pair);
    client.on('error', end).on('close', end);
    upstream.on('error', end).on('close', end);
    client.on('data', (chunk) => upstream.write(chunk));
    upstream.on('data', (chunk) => {
      if (swallowed === undefined || !chunk.includes(swallowed.text)) return void client.write(chunk);
      swallowed.done();
      swallowed = undefined;
      end();
    });
    if (isFrozen) pair.pause();
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  return {
    url: Object.assign(new URL(server), { host: `127.0.0.1:${port}` }).href,
    setAway(now) {
      isAway = now;
      if (now) for (const end of ends) end();
    },
    setFull(now) {
      isFull = now;
      if (now) for (const end of ends) end();
    },
    setFrozen(now) {
      isFrozen = now;
      for (const pair of pairs) now ? pair.pause() : pair.resume();
    },
    swallow: (text) =>
      new Promise((done) => {
        swallowed = { text, done };
      }),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        for (const end of ends) end();
      }),
  };
}

/** https://www.postgresql.org/docs/current/protocol-message-formats.html: ErrorResponse */
function refuse(client: Socket): void {
  const fields = ['SFATAL', 'VFATAL', 'C53300', 'Msorry, too many clients already', ''];
  const body = Buffer.from(fields.map((field) => `${field}\0`).join(''));
  const head = Buffer.from([0x45, 0, 0, 0, 0]);
  head.writeUInt32BE(body.length + 4, 1);
  client.on('error', () => undefined);
  client.once('data', () => client.end(Buffer.concat([head, body])));
}
