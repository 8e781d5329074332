import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** The way between an agent and its gateway, on which things go wrong when the test says so. */
export interface Network extends AsyncDisposable {
  /** By which the agent reaches the gateway. */
  readonly url: string;
  /** Breaks every connection that there is. */
  cut(): void;
  /** Holds back what either side says, and new connections too, without a word. */
  freeze(): void;
  /** Passes on what was held back. */
  thaw(): void;
}

export async function openNetwork(gatewayUrl: string): Promise<Network> {
  const { hostname, port } = new URL(gatewayUrl);
  const sockets = new Set<Socket>();
  let isFrozen = false;
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
  const server = createServer((client) => {
    const gateway = connect(Number(port), hostname);
    keep(client, gateway);
    keep(gateway, client);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    freeze() {
      isFrozen = true;
      for (const socket of sockets) socket.pause();
    },
    thaw() {
      isFrozen = false;
      for (const socket of sockets) socket.resume();
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server.close(), 'close');
      cut();
      await closed;
    },
  };
}
