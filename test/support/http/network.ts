import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** The way between a client and its server, on which things go wrong when the test says so. */
export interface Network extends AsyncDisposable {
  /** By which the client reaches the server. */
  readonly url: string;
  /** Breaks every connection that there is. */
  cut(): void;
  /** Holds back what either side says, and new connections too, without a word. */
  freeze(): void;
  /** Passes on what was held back. */
  thaw(): void;
  /** Takes no connections any more and breaks those that there are, until `plugIn`. */
  unplug(): void;
  plugIn(): void;
}

export async function openNetwork(serverUrl: string): Promise<Network> {
  const { protocol, hostname, port } = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let isFrozen = false;
  let isUnplugged = false;
  const keep = (socket: Socket, other: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
    socket.on('data', (chunk) => other.write(chunk));
    if (isFrozen) socket.pause();
  };
  const proxy = createServer((client) => {
    if (isUnplugged) {
      client.destroy();
      return;
    }
    const server = connect(Number(port), hostname);
    keep(client, server);
    keep(server, client);
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `${protocol}//127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    cut,
    freeze() {
      isFrozen = true;
      for (const socket of sockets) socket.pause();
    },
    thaw() {
      isFrozen = false;
      for (const socket of sockets) socket.resume();
    },
    unplug() {
      isUnplugged = true;
      cut();
    },
    plugIn() {
      isUnplugged = false;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(proxy.close(), 'close');
      cut();
      await closed;
    },
  };
}
