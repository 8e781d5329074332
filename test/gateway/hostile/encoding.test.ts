import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { type HostileGateway, shareHostileGateway } from '../../support/gateway/hostile-gateway.ts';

let gateway: HostileGateway;
beforeAll(async () => {
  gateway = await shareHostileGateway();
});

const mutation = 'mutation { createSession(input: { title: "Forged" }) { id } }';
const graphql = JSON.stringify({ query: mutation });
const rest = '{"title":"Forged"}';
const endpoints: [path: string, body: string, statuses: number[]][] = [
  ['/graphql', graphql, [400, 415]],
  ['/graphql/stream', graphql, [400, 415]],
  ['/api/v1/sessions/', rest, [400, 415, 422]],
];

describe.each(endpoints)('%s', (path, text, refused) => {
  const send = (body: BodyInit, headers: Record<string, string>) =>
    gateway.attack(path, { method: 'POST', body, headers: { accept: 'text/event-stream, */*', ...headers } });

  test.each([
    'text/plain',
    'text/plain; charset=utf-8; application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'multipart/form-data; boundary=x',
    'text/html',
    'application/xml',
    'application/octet-stream',
    'application/jsonp',
    'application/json5',
    'application/graphql',
    'application/javascript',
    'application/ json',
    'application',
    '/',
    '*/*',
    ',application/json',
    'text/plain, application/json',
  ])(`${path} refuses a body of the type %j`, async (type) => {
    expect([...refused, 403]).toContain((await send(text, { 'content-type': type })).status);
  });

  test.each([
    ['gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['br', brotliCompressSync(text)],
    ['gzip, gzip', gzipSync(gzipSync(text))],
    ['gzip of 50 MB', gzipSync(Buffer.alloc(50_000_000, ' '))],
  ])(`${path} refuses a body compressed with %s`, async (coding, bytes) => {
    const headers = {
      'content-type': 'application/json',
      'content-encoding': coding.replace(' of 50 MB', ''),
    };
    expect(refused).toContain((await send(new Uint8Array(bytes), headers)).status);
  });

  test.each(['gzip, chunked', 'identity, chunked', 'chunked, chunked'])(
    `${path} refuses a body with Transfer-Encoding %s`,
    async (coding) => {
      const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: text/event-stream, */*\r\nContent-Type: application/json\r\nTransfer-Encoding: ${coding}`;
      const { status } = await gateway.attackRaw(
        `${head}\r\n\r\n${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`,
      );
      expect(refused).toContain(status);
    },
  );

  test.each([
    ['UTF-16', Buffer.from(text, 'utf16le'), 'application/json'],
    [
      'UTF-16 with a charset and a mark',
      Buffer.from(`\ufeff${text}`, 'utf16le'),
      'application/json; charset=utf-16',
    ],
    ['Latin-1', Buffer.from(text.replace('Forged', 'F\u00f6rged'), 'latin1'), 'application/json'],
    ['overlong UTF-8', bytes(text, 0xc0, 0xaf), 'application/json'],
    ['truncated UTF-8', bytes(text, 0xe2, 0x82), 'application/json'],
    ['half a surrogate pair in UTF-8', bytes(text, 0xed, 0xa0, 0xbd), 'application/json'],
    ['a code point beyond Unicode', bytes(text, 0xf7, 0xbf, 0xbf, 0xbf), 'application/json'],
    ['a byte that is never UTF-8', bytes(text, 0xff), 'application/json'],
  ])(`${path} refuses a body in %s`, async (_what, body, type) => {
    expect(refused).toContain((await send(new Uint8Array(body), { 'content-type': type })).status);
  });
});

describe('bytes in an address that are not UTF-8', () => {
  test.each(['%ff', '%c0%af', '%ed%a0%bd', '%', '%zz', '%f7%bf%bf%bf'])(
    'the bytes %s in an address are refused or match nothing',
    async (text) => {
      for (const path of [`/graphql?query=${text}`, `/graphql/stream?query=${text}`]) {
        expect(
          (await gateway.attack(path, { headers: { accept: 'text/event-stream' } })).status,
        ).toBeLessThan(500);
      }
      const { status, text: sessions } = await gateway.attack(`/api/v1/sessions/?user_id=${text}`);
      expect([
        [200, '[]'],
        [422, expect.any(String)],
        [400, expect.any(String)],
      ]).toContainEqual([status, sessions]);
    },
  );
});

test('the refused bodies created no session', async () => {
  const { sessions } = await gateway.query('{ sessions(search: "F") { edges { node { title } } } }');
  expect(sessions.edges.filter(({ node }: { node: { title: string } }) => node.title === 'Forged')).toEqual(
    [],
  );
});

test('bodies and addresses in wrong encodings leave the gateway unharmed', () => gateway.expectUnharmed());

/** Replaces the title in the text with these bytes. */
function bytes(text: string, ...wrong: number[]): Buffer {
  const [before = '', after = ''] = text.split('Forged');
  return Buffer.concat([Buffer.from(before), Buffer.from(wrong), Buffer.from(after)]);
}
