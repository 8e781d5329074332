import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A proxy between a client and its server that fails when the test says so. */
export interface Network extends AsyncDisposable {
  /** The URL that the client uses instead of the server's. */
  readonly url: string;
  /** Breaks all connections. */
  cut(): void;
  /** Holds back the bytes of both sides, also on new connections, and closes nothing. */
  freeze(): void;
  /** Passes on the bytes that were held back. */
  thaw(): void;
  /** Breaks all connections and refuses new ones until `plugIn`. */
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
