import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

/**
 * The server to compare with: PUT pipes a body to the file named on the command line, GET pipes it back.
 * `PUT /synced` answers when the bytes are on the disk, as a store has to.
 */
const path = process.argv[2] ?? '';
const server = createServer(async (request, response) => {
  if (request.method === 'GET') {
    await pipeline(createReadStream(path), response);
    return;
  }
  await pipeline(request, createWriteStream(path));
  if (request.url === '/synced') {
    await using file = await open(path);
    await file.sync();
  }
  response.end('{}');
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
