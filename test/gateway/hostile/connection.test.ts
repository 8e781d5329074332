import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type HostileGateway, shareHostileGateway } from '../../support/gateway/hostile-gateway.ts';

let gateway: HostileGateway;
const sockets: Socket[] = [];

beforeAll(async () => {
  gateway = await shareHostileGateway();
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** Opens connections that send this text and then nothing more. */
async function open(count: number, text: string | Uint8Array = ''): Promise<Socket[]> {
  const { hostname, port } = new URL(gateway.url);
  const opened = Array.from({ length: count }, async () => {
    const socket = connect(Number(port), hostname);
    sockets.push(socket);
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write(text);
    return socket;
  });
  return Promise.all(opened);
}

const head = (target: string, ...lines: string[]) =>
  [`${target} HTTP/1.1`, 'Host: localhost', 'Content-Type: application/json', ...lines, ''].join('\r\n');
const stream = `${head('POST /graphql/stream', 'Accept: text/event-stream', 'Content-Length: 999')}\r\n`;

describe('connections that wait', () => {
  test.each([
    ['200 connections that send nothing', 200, ''],
    ['100 heads that stop in the middle', 100, 'POST /graphql HTTP/1.1\r\nHost: local'],
    [
      '100 bodies that stop in the middle',
      100,
      `${head('POST /graphql', 'Content-Length: 999')}\r\n{"query":`,
    ],
    ['100 bodies for a stream that stop in the middle', 100, `${stream}{"query":`],
    [
      '100 bodies for REST that stop in the middle',
      100,
      `${head('POST /api/v1/sessions/', 'Content-Length: 999')}\r\n{"t`,
    ],
    [
      '100 chunks that stop in the middle',
      100,
      `${head('POST /graphql', 'Transfer-Encoding: chunked')}\r\nFF\r\n{"q`,
    ],
    [
      '50 uploads that stop in the middle',
      50,
      `POST /api/v1/sessions/messages/1/audio HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 9999\r\n\r\n--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\nRIFF`,
    ],
    [
      '50 requests for GraphiQL whose clients do not read',
      50,
      'GET /graphql HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n',
    ],
  ])('the gateway answers other clients during %s', async (_what, count, text) => {
    await open(count, text);
    await gateway.expectUnharmed();
    for (const socket of sockets.splice(0)) socket.resetAndDestroy();
    await gateway.expectUnharmed();
  });
});

describe('bytes that are not HTTP', () => {
  test.each([
    ['a greeting of TLS', Buffer.from('16030100c8010000c40303', 'hex')],
    ['a greeting of HTTP/2', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')],
    ['a greeting of PostgreSQL', Buffer.from('0000000804d2162f', 'hex')],
    ['a command of Redis', Buffer.from('*1\r\n$4\r\nINFO\r\n')],
    ['a greeting of SMTP', Buffer.from('EHLO mallory.example\r\n')],
    ['64 KB of zeros', Buffer.alloc(65_536)],
    ['64 KB of line breaks and a word', Buffer.from(`${'\r\n'.repeat(32_768)}word\r\n\r\n`)],
  ])('%s is answered with an error of HTTP or not at all', async (_what, bytes) => {
    expect([0, 400, 431, 505]).toContain((await gateway.attackRaw(bytes)).status);
  });
});

describe('many requests on one connection', () => {
  test('pipelined requests are all answered, in sequence', async () => {
    const one = (n: number) =>
      `GET /api/v1/sessions/${n} HTTP/1.1\r\nHost: ${new URL(gateway.url).host}\r\n${n === 200 ? 'Connection: close\r\n' : ''}\r\n`;
    const { text } = await gateway.attackRaw(Array.from({ length: 200 }, (_, n) => one(n + 1)).join(''));
    expect(text.match(/HTTP\/1\.1 \d{3}/g)).toHaveLength(199);
  });

  test('streams whose connections are reset leave the gateway unharmed', async () => {
    const body = JSON.stringify({
      query: 'subscription ($id: ID!) { sessionEvents(sessionId: $id) { __typename } }',
      variables: { id: gateway.sessionId },
    });
    const request = `${head('POST /graphql/stream', 'Accept: text/event-stream', `Content-Length: ${body.length}`)}\r\n${body}`;
    const opened = await open(100, request);
    await Promise.all(opened.map((socket) => once(socket, 'data')));
    for (const socket of opened) socket.resetAndDestroy();
    await gateway.expectUnharmed();
  });

  test('connections that open and close at once leave the gateway unharmed', async () => {
    for (let round = 0; round < 10; round += 1) {
      for (const socket of await open(50, 'GET / HT')) socket.resetAndDestroy();
    }
    await gateway.expectUnharmed();
  });
});
