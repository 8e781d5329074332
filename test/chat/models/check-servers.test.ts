import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { findAwayServers } from '../../../src/chat/models/check-servers.ts';
import { unusedPort } from '../../support/http/unused-port.ts';

test('a model server that is away, refuses the key or fails is named with its URL and a reason, and no key', async () => {
  const asked: string[] = [];
  const server = createServer(({ url = '', headers }, response) => {
    asked.push(`${url} ${headers.authorization}`);
    response.writeHead(Number(url.split('/')[1])).end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const up = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const down = `http://127.0.0.1:${await unusedPort()}`;
  const away = await findAwayServers({
    demo: { delayMs: 0 },
    openaiCompatible: { baseUrl: `${down}/v1?key=secret`, apiKey: 'secret' },
    servers: Object.fromEntries(
      [200, 401, 404, 503].map((status) => [`s${status}`, { baseUrl: `${up}/${status}`, apiKey: 'secret' }]),
    ),
  });
  server.close();
  expect(away).toEqual([
    { providerName: 'openai-compatible', url: `${down}/v1`, reason: 'nothing listens there (ECONNREFUSED)' },
    { providerName: 's401', url: `${up}/401`, reason: 'it refuses the key (401)' },
    { providerName: 's503', url: `${up}/503`, reason: 'it answers with status 503' },
  ]);
  expect(asked).toContain('/200/models Bearer secret');
});
