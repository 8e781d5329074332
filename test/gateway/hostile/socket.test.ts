import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type HostileGateway, startHostileGateway } from '../../support/gateway/hostile-gateway.ts';

let gateway: HostileGateway & AsyncDisposable;
beforeAll(async () => {
  gateway = await startHostileGateway({ HEADER_TIMEOUT_MS: '1000', RESPONSE_TIMEOUT_MS: '2000' });
});
afterAll(() => gateway[Symbol.asyncDispose]());

interface Attacker {
  socket: WebSocket;
  received: string[];
  /** Resolves with the code of the close. */
  closed: Promise<number>;
}

async function attack(init = true): Promise<Attacker> {
  const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const received: string[] = [];
  socket.on('message', (data) => received.push(String(data)));
  socket.on('error', () => {});
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await once(socket, 'open');
  if (init) {
    socket.send('{"type":"connection_init"}');
    await once(socket, 'message');
  }
  return { socket, received, closed };
}

const subscribe = (id: string, query: string, variables?: unknown) =>
  JSON.stringify({ type: 'subscribe', id, payload: { query, variables } });

test('sockets that say nothing are closed', async () => {
  const silent = await Promise.all(Array.from({ length: 100 }, () => attack(false)));
  expect(new Set(await Promise.all(silent.map(({ closed }) => closed)))).toEqual(new Set([4408]));
  await gateway.expectUnharmed();
});

test('garbage in messages closes the socket, or is refused, and nothing else', async () => {
  const texts = ['', '\0', '{', 'null', '"x"', '{"type":"__proto__"}', '{"type":{}}', '[[[['.repeat(10_000)];
  const payloads = [
    null,
    7,
    'x',
    [],
    {},
    { query: 7 },
    { query: null },
    { query: '{ viewer { userId } }', variables: [] },
  ];
  for (const text of texts) {
    const { socket, closed } = await attack();
    socket.send(text);
    expect(await closed).toBe(4400);
  }
  const { socket, received } = await attack();
  for (const [id, payload] of payloads.entries()) {
    socket.send(JSON.stringify({ type: 'subscribe', id: String(id), payload }));
  }
  await expect.poll(() => received.length).toBe(payloads.length + 1);
  for (const message of received.slice(1)) expect(message).toContain('"BAD_REQUEST"');
  for (const id of ['__proto__', 'constructor', 'toString'])
    socket.send(subscribe(id, '{ viewer { userId } }'));
  await expect.poll(() => received.filter((message) => message.includes('"complete"')).length).toBe(3);
  socket.terminate();
  await gateway.expectUnharmed();
});

test('bytes that are no frames, broken frames and huge frames close the socket', async () => {
  const { hostname, port } = new URL(gateway.url);
  const key = Buffer.alloc(16).toString('base64');
  const frames = [
    randomBytes(4_000),
    // A text without a mask; reserved bits; a control frame of 65,535 bytes; a frame of 2^63 bytes.
    Buffer.from([0x81, 0x02, 0x7b, 0x7d]),
    Buffer.from([0xf1, 0x80, 0, 0, 0, 0]),
    Buffer.from([0x89, 0xfe, 0xff, 0xff, 0, 0, 0, 0]),
    Buffer.from([0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
    // Bytes that are not UTF-8, in a masked text.
    Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0xff]),
  ];
  for (const frame of frames) {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {}).resume();
    socket.write(
      `GET /graphql HTTP/1.1\r\nhost: ${hostname}:${port}\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${key}\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n`,
    );
    socket.write(frame);
    await once(socket, 'close');
  }
  await gateway.expectUnharmed();
});

test('a million fragments of nothing, and a message without an end, do not stay in memory', async () => {
  const before = await residentBytes();
  const attackers = await Promise.all(Array.from({ length: 10 }, () => attack()));
  for (const { socket } of attackers) {
    for (let count = 0; count < 50_000; count += 1) socket.send('', { fin: false });
  }
  expect(new Set(await Promise.all(attackers.map(({ closed }) => closed)))).toEqual(new Set([1008]));
  expect((await residentBytes()) - before).toBeLessThan(200_000_000);
  await gateway.expectUnharmed();
});

test('floods of subscriptions, pings and pairs of subscribe and complete leave the gateway responsive', async () => {
  const attackers = await Promise.all(Array.from({ length: 5 }, () => attack()));
  const before = await residentBytes();
  const query = 'subscription ($id: ID!) { runEvents(runId: $id) { seq } }';
  for (const { socket } of attackers) {
    for (let count = 0; count < 2_000; count += 1) {
      socket.send(subscribe(`a${count}`, query, { id: 'UnVuOjk5' }));
      socket.send(subscribe(`b${count}`, '{ viewer { userId } }'));
      socket.send(JSON.stringify({ type: 'complete', id: `b${count}` }));
      socket.ping('x'.repeat(100));
    }
    socket.pause();
  }
  let slowest = 0;
  for (let count = 0; count < 20; count += 1) {
    const startedAt = performance.now();
    expect((await gateway.attack('/health/live')).status).toBe(200);
    slowest = Math.max(slowest, performance.now() - startedAt);
  }
  expect(slowest).toBeLessThan(2_000);
  expect((await residentBytes()) - before).toBeLessThan(300_000_000);
  for (const { socket } of attackers) socket.terminate();
  await gateway.expectUnharmed();
});

test('a socket whose client reads nothing is given up', async () => {
  const sessionId = await gateway.createSession();
  await gateway.send({ sessionId, prompt: 'word '.repeat(50_000) });
  const content = `node(id: "${sessionId}") { ... on Session { messages(first: 1) { edges { node { content } } } } }`;
  const large = `{ ${Array.from({ length: 8 }, (_, at) => `a${at}: ${content}`).join(' ')} }`;
  const { socket, closed } = await attack();
  socket.pause();
  // Each has a result of two megabytes.
  for (let count = 0; count < 90; count += 1) socket.send(subscribe(String(count), large));
  await expect
    .poll(() => gateway.lines.some(({ msg }) => msg === 'a client does not read its response'), {
      timeout: 20_000,
    })
    .toBe(true);
  socket.resume();
  expect(await closed).toBe(1006);
  await gateway.expectUnharmed();
});

/** The memory of the gateway's process. */
async function residentBytes(): Promise<number> {
  const { readFile } = await import('node:fs/promises');
  const status = await readFile(`/proc/${gateway.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1_024;
}
