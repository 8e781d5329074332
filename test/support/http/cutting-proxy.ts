import { type AddressInfo, connect, createServer } from 'node:net';

export interface CuttingProxy extends AsyncDisposable {
  url: string;
  /** The number of connections that were cut so far. */
  readonly cuts: number;
}

/** Starts a proxy that cuts a connection when a response on it contains the next of these texts. */
export async function startCuttingProxy(target: string, texts: string[]): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target);
  const left = [...texts];
  const ends = new Set<() => void>();
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    ends.add(end);
    client.on('error', end).on('close', end).pipe(upstream);
    upstream
      .on('error', end)
      .on('close', end)
      .on('data', (chunk) => {
        client.write(chunk);
        const [next] = left;
        if (next === undefined || !chunk.includes(next)) return;
        left.shift();
        cuts += 1;
        client.end();
        upstream.destroy();
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    get cuts() {
      return cuts;
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const end of ends) end();
      }),
  };
}
