import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createSingleConnection, createSwitchyard } from '../../src/client/client.ts';
import { createCountingBus } from '../support/gateway/counting-bus.ts';
import { startScriptedGateway } from '../support/gateway/scripted-gateway.ts';
import { createGate, text } from '../support/model/turn.ts';
import { singleClient } from './transports.ts';

test('a loop that breaks stops its subscription and leaves the others on the connection alone', async () => {
  const bus = createCountingBus();
  await using gateway = await startScriptedGateway({ bus });
  const gate = createGate();
  gateway.model.script([text('Half'), gate, text(' and half')]);
  const runId = await gateway.send({ sessionId: await gateway.createSession(), prompt: 'Hi' });
  const client = singleClient(gateway.url);
  const follow = async (until: string) => {
    let seen = '';
    for await (const event of client.follow(runId)) {
      if (event.__typename === 'TextDelta') seen += event.text;
      if (seen === until) break;
    }
    return seen;
  };

  const patient = follow('Half and half');
  await expect.poll(() => bus.listeners).toBe(1);
  expect(await follow('Half')).toBe('Half');
  await expect.poll(() => bus.listeners).toBe(1);
  gate.release();

  expect(await patient).toBe('Half and half');
  await expect.poll(() => bus.listeners).toBe(0);
});

test('a subscription on a stream that the gateway has forgotten is sent again on a new one', async () => {
  const requests: string[] = [];
  let stream: ServerResponse | undefined;
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', headers } = request;
    const token = headers['x-graphql-event-stream-token'];
    requests.push(`${method} ${token ?? ''}`.trim());
    if (method === 'PUT') response.writeHead(201).end(`stream-${requests.length}`);
    if (method === 'GET') {
      stream = response.writeHead(200, { 'content-type': 'text/event-stream' });
      stream.write(':\n\n');
    }
    if (method !== 'POST') return;
    if (token === 'stream-1') {
      const errors = [{ message: 'Stream not found.', extensions: { code: 'NOT_FOUND' } }];
      response.writeHead(404).end(JSON.stringify({ errors }));
      return;
    }
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
    response.writeHead(202).end();
    const { operationId: id } = body.extensions;
    stream?.write(`event: next\ndata: ${JSON.stringify({ id, payload: { data: { said: 'hello' } } })}\n\n`);
    stream?.write(`event: complete\ndata: ${JSON.stringify({ id })}\n\n`);
  };
  const server = createServer((request, response) => void answer(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  const client = createSwitchyard({ url, transport: createSingleConnection({ url }).subscribe });

  const seen: unknown[] = [];
  for await (const data of client.subscribe('subscription { said }', {})) seen.push(data);

  expect(seen).toEqual([{ said: 'hello' }]);
  expect(requests).toEqual(['PUT', 'GET stream-1', 'POST stream-1', 'PUT', 'GET stream-4', 'POST stream-4']);
  server.closeAllConnections();
  server.close();
});
