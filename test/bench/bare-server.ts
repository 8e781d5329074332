import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The baseline of all HTTP: Node's own server with a constant JSON answer. It prints its port. */
const body = JSON.stringify({ status: 'ok' });
const server = createServer((_request, response) => {
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
