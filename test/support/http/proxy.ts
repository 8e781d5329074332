import { createServer, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { certificate } from './certificate.ts';

export interface HttpProxy extends AsyncDisposable {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** What clients asked for, oldest first: `CONNECT model.test:443` for a tunnel, `POST http://…` for a whole URL. */
  readonly asked: string[];
  /** The `Proxy-Authorization` headers of these requests. */
  readonly credentials: (string | undefined)[];
  /** Refuses all requests with this status from now on; undefined: serves them again. */
  refuse(status: number | undefined): void;
}

/**
 * Starts an HTTP proxy for a world in which every host name leads to one server: `target`. At the other end of a tunnel
 * it is model.test, which speaks TLS.
 */
export async function startProxy(target: string): Promise<HttpProxy> {
  const { hostname, port } = new URL(target);
  const asked: string[] = [];
  const credentials: (string | undefined)[] = [];
  const sockets = new Set<Socket>();
  let refusal: number | undefined;
  const server = createServer((incoming, outgoing) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    credentials.push(incoming.headers['proxy-authorization']);
    if (refusal !== undefined) return void outgoing.writeHead(refusal).end('The proxy refuses this.');
    const { pathname, search } = new URL(incoming.url ?? '');
    const { method, headers } = incoming;
    const onward = request({ hostname, port, path: pathname + search, method, headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  server.on('connect', (incoming, socket: Socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    credentials.push(incoming.headers['proxy-authorization']);
    if (refusal !== undefined)
      return void socket.end(`HTTP/1.1 ${refusal} Refused\r\nContent-Length: 0\r\n\r\n`);
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    const secure = new TLSSocket(socket, { isServer: true, ...certificate });
    const onward = connect(Number(port), hostname);
    secure.on('error', () => onward.destroy()).pipe(onward);
    onward.on('error', () => secure.destroy()).pipe(secure);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    credentials,
    refuse(status) {
      refusal = status;
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
