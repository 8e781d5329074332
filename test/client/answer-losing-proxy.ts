import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

export interface AnswerLosingProxy extends AsyncDisposable {
  readonly url: string;
  /** Cuts every connection, and lets answers through from now on. */
  recover(): void;
}

/** Hands requests on to a server, and loses every answer until `recover` is called. */
export async function startAnswerLosingProxy(target: string): Promise<AnswerLosingProxy> {
  const { hostname, port } = new URL(target);
  let isLosing = true;
  const ends = new Set<() => void>();
  const cut = () => {
    for (const end of ends) end();
  };
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    ends.add(end);
    client.on('error', end).on('close', end).pipe(upstream);
    upstream.on('error', end).on('close', end);
    upstream.on('data', (chunk) => {
      if (!isLosing) client.write(chunk);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    recover() {
      isLosing = false;
      cut();
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server.close(), 'close');
      cut();
      await closed;
    },
  };
}
