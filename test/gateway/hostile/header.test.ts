import { beforeAll, describe, expect, test } from 'vitest';
import { type HostileGateway, shareHostileGateway } from '../../support/gateway/hostile-gateway.ts';

let gateway: HostileGateway;
beforeAll(async () => {
  gateway = await shareHostileGateway();
});

/** Sends a request with these lines, and the gateway's own `Host` if the lines have no `Host`. */
function send(lines: string[], body = '') {
  const host = lines.some((line) => /^host:/i.test(line)) ? [] : [`Host: ${new URL(gateway.url).host}`];
  const head = [...lines.slice(0, 1), ...host, ...lines.slice(1), 'Connection: close', '', ''];
  return gateway.attackRaw(Buffer.from(head.join('\r\n') + body, 'latin1'));
}

const post = 'POST /graphql HTTP/1.1';
const json = 'Content-Type: application/json';
const query = '{"query":"{__typename}"}';
const chat = 'GET /api/v1/sessions/1/chat HTTP/1.1';

describe('a request that a proxy and the gateway could parse differently', () => {
  test.each([
    ['two lengths', [post, json, 'Content-Length: 24', 'Content-Length: 5']],
    ['two lengths in one', [post, json, 'Content-Length: 24, 24']],
    ['a length and chunks', [post, json, 'Content-Length: 24', 'Transfer-Encoding: chunked']],
    [
      'chunked encoding given twice',
      [post, json, 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
    ],
    ['chunked encoding before another encoding', [post, json, 'Transfer-Encoding: chunked, gzip']],
    ['chunked encoding misspelt', [post, json, 'Transfer-Encoding: xchunked']],
    ['a negative length', [post, json, 'Content-Length: -1']],
    ['a length in hexadecimal', [post, json, 'Content-Length: 0x18']],
    ['a length with a sign', [post, json, 'Content-Length: +24']],
    ['a fractional length', [post, json, 'Content-Length: 24.0']],
    ['a length beyond 64 bits', [post, json, 'Content-Length: 99999999999999999999']],
    ['a space before a colon', [post, json, 'Content-Length : 24']],
    ['a header on two lines', [post, json, 'X-A: b', ' Content-Length: 24']],
    ['a header without a name', [post, json, ': x']],
    ['a NUL in a header', [post, json, 'X-A: a\0b']],
    ['a bare line feed in a header', [post, json, 'X-A: a\nX-B: b']],
    ['a bare carriage return in a header', [post, json, 'X-A: a\rX-B: b']],
    ['two hosts', [post, json, 'Host: localhost', 'Host: mallory.example']],
    ['an unknown version', ['POST /graphql HTTP/9.9', json, 'Content-Length: 24']],
    ['another version', ['POST /graphql HTTP/2.0', json, 'Content-Length: 24']],
    ['no version', ['POST /graphql', json]],
  ])('a request with %s is refused, or read as one request', async (_what, lines) => {
    const { status, text } = await send(lines, query);
    expect([0, 200, 400, 413, 505]).toContain(status);
    expect(text.match(/HTTP\/1\.1 /g) ?? []).toEqual([]);
  });

  test('a request line of another version of HTTP is refused', async () => {
    const { status } = await send(['GET /health HTTP/2.0']);
    expect(status).toBe(400);
  });

  test.each([
    ['a chunk longer than its length', '5\r\n{"query":\r\n0\r\n\r\n'],
    ['a chunk of a negative length', '-1\r\n{\r\n0\r\n\r\n'],
    ['a chunk of a length beyond 64 bits', `${'F'.repeat(17)}\r\n{\r\n0\r\n\r\n`],
    ['a chunk without a length', '\r\n{}\r\n0\r\n\r\n'],
    ['100 KB of chunk extensions', `2;${'a'.repeat(100_000)}\r\n{}\r\n0\r\n\r\n`],
    ['trailers', '2\r\n{}\r\n0\r\nContent-Length: 5\r\nX-Admin: 1\r\n\r\n'],
  ])('a body with %s is refused', async (_what, chunks) => {
    const { status } = await send([post, json, 'Transfer-Encoding: chunked'], chunks);
    expect([0, 400, 413]).toContain(status);
  });
});

describe('bytes that Node.js cannot parse', () => {
  const chunked = [json, 'Transfer-Encoding: chunked'];
  const faults: [what: string, status: number, lines: string[], body: string][] = [
    ['a header with a NUL', 400, ['X-A: a\0b'], ''],
    ['a header name with a space', 400, ['X A: b'], ''],
    ['two lengths', 400, ['Content-Length: 2', 'Content-Length: 3'], '{}'],
    ['a length and chunks', 400, ['Content-Length: 2', 'Transfer-Encoding: chunked'], '{}'],
    ['an empty Host', 400, ['Host:'], ''],
    ['two hosts', 400, ['Host: localhost', 'Host: mallory.example'], ''],
    ['a Host with a path', 400, ['Host: localhost/x'], ''],
    ['headers of 100 KB', 431, [`X-A: ${'a'.repeat(100_000)}`], ''],
    ['a chunk of no size', 400, chunked, 'zz\r\n{}\r\n0\r\n\r\n'],
    ['a bad second chunk', 400, chunked, '5\r\n{"que\r\nzz\r\n'],
    ['20 KB of chunk extensions', 413, chunked, `2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`],
    ['an unknown expectation', 417, ['Expect: a miracle'], ''],
  ];
  test.each(faults)(
    '%s: the refusal has a body in the shape of its path',
    async (_what, status, lines, body) => {
      const shapes = {
        '/graphql': { errors: [{ message: expect.any(String), extensions: { code: expect.any(String) } }] },
        '/api/v1/sessions/': { detail: expect.any(String) },
      };
      for (const [path, shape] of Object.entries(shapes)) {
        const answer = await send([`POST ${path} HTTP/1.1`, ...lines], body);
        expect([answer.status, JSON.parse(/\{.*\}/s.exec(answer.text)?.[0] ?? 'null')]).toEqual([
          status,
          shape,
        ]);
      }
    },
  );

  test('chunk extensions of 10 KB are read over', async () => {
    const body = `18;${'a'.repeat(10_000)}\r\n${query}\r\n0\r\n\r\n`;
    expect((await send([post, ...chunked], body)).status).toBe(200);
  });

  test('a whole request before malformed bytes gets its response, and then these are refused', async () => {
    const host = `Host: ${new URL(gateway.url).host}`;
    const first = [post, host, json, 'Content-Length: 24', '', query].join('\r\n');
    const { status, text } = await gateway.attackRaw(`${first}nonsense\r\n\r\n`);
    expect(status).toBe(200);
    expect(text).toMatch(/^\{"data":\{"__typename":"Query"\}\}HTTP\/1\.1 400 /);
  });

  test('CONNECT is refused', async () => {
    expect((await send(['CONNECT mallory.example:443 HTTP/1.1'])).status).toBe(405);
  });
});

describe('headers that are too large', () => {
  test.each([
    ['a header of 100 KB', [`X-A: ${'a'.repeat(100_000)}`]],
    ['10,000 headers', Array.from({ length: 10_000 }, (_, n) => `X-${n}: 1`)],
    ['a cookie of 100 KB', [`Cookie: ${'a=b; '.repeat(20_000)}`]],
    ['a header name of 100 KB', [`${'X'.repeat(100_000)}: 1`]],
    ['an address of 100 KB', []],
  ])('%s: a request of that size is refused', async (what, headers) => {
    const path = what.startsWith('an address') ? `/${'a'.repeat(100_000)}` : '/health/live';
    const { status } = await send([`GET ${path} HTTP/1.1`, ...headers]);
    expect([0, 431]).toContain(status);
  });

  test.each([
    ['Accept', '*/*;q=0.1,'.repeat(1_000)],
    ['Accept', `application/json;${'q=0.5;'.repeat(2_000)}`],
    ['Accept', `${'*'.repeat(5_000)}/${'*'.repeat(5_000)}`],
    ['Accept-Language', 'a-b-c;q=0.1,'.repeat(900)],
    ['Content-Type', `application/json${';a=b'.repeat(2_000)}`],
    ['Content-Type', `application/json;${' '.repeat(10_000)}x`],
    ['Content-Type', `application/${'a+'.repeat(4_000)}json`],
    ['If-None-Match', '"a",W/'.repeat(2_000)],
    ['Range', `bytes=${'0-0,'.repeat(2_000)}`],
    ['X-Forwarded-For', '1.2.3.4,'.repeat(1_000)],
    ['Authorization', `Bearer ${'a'.repeat(10_000)}`],
    ['Authorization', `${'Basic '.repeat(1_500)}`],
    ['Last-Event-ID', '1:'.repeat(4_000)],
    ['X-Request-Id', 'a'.repeat(10_000)],
    ['Origin', `https://${'a.'.repeat(4_000)}example`],
  ])('a request with a long header %s is answered below 500', async (name, value) => {
    for (const target of [
      'POST /graphql',
      'POST /graphql/stream',
      'GET /api/v1/sessions/messages/1/audio',
      'POST /api/v1/sessions/',
    ]) {
      const content = name === 'Content-Type' ? [] : [json];
      const { status } = await send(
        [`${target} HTTP/1.1`, ...content, `${name}: ${value}`, 'Content-Length: 24'],
        query,
      );
      expect(status).toBeLessThan(500);
    }
  });
});

describe('a header whose value is sent back or stored', () => {
  test.each([
    ['markup', '<script>alert(1)</script>'],
    ['a line of the log', '{"level":60,"msg":"forged"}'],
    ['bytes that are not ASCII', '\u00e9\u00ff'],
    ['1,000 letters', 'a'.repeat(1_000)],
    ['escaped line breaks', '%0d%0aSet-Cookie: a=b'],
    ['colours of a terminal', '\u009b31m'],
  ])('a request id of %s is replaced and forges no header or log line', async (_what, id) => {
    const { status, headers } = await send(['GET /health/live HTTP/1.1', `X-Request-Id: ${id}`]);
    expect(status).toBe(200);
    expect(headers.get('x-request-id')).toMatch(/^\s*[\w-]{1,255}$/);
    expect(headers.get('set-cookie')).toBeNull();
    expect(gateway.lines.filter(({ msg }) => msg === 'forged')).toEqual([]);
  });

  test.each([
    ['text', 'x'],
    ['SQL', "1' OR '1'='1"],
    ['run 0', '0:1'],
    ['a negative run', '-1:1'],
    ['a run beyond 32 bits', '4294967297:1'],
    ['a position beyond 53 bits', '1:9007199254740993'],
    ['a fractional position', '1:1.5'],
    ['a hexadecimal position', '1:0x1'],
    ['two positions', '1:1:1'],
    ['a space', '1: 1'],
    ['a tab', '1:\t1'],
    ['two cursors', '1:1, 1:2'],
    ['bytes that are not ASCII', '1:1\u00ff'],
    ['an escaped line break', '1:1%0adata: forged'],
    ['__proto__', '__proto__:1'],
    ['5,000 digits', `1:${'1'.repeat(5_000)}`],
  ])('a Last-Event-ID of %s is refused', async (_what, id) => {
    const { status, text } = await send([chat, `Last-Event-ID: ${id}`]);
    expect(status).toBe(422);
    expect(text).toContain('"loc":["header","last-event-id"]');
  });
});

describe('a connection that asks for another protocol', () => {
  test.each([
    [
      'a WebSocket is taken, and closed because it names no protocol',
      [
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ],
      [101],
    ],
    [
      'HTTP/2 is answered as HTTP/1.1',
      ['Upgrade: h2c', 'Connection: Upgrade, HTTP2-Settings', 'HTTP2-Settings: AAMAAABkAAQAAP__'],
      [200, 400, 404, 406, 426],
    ],
  ])('a request to upgrade to %s', async (_what, headers, statuses) => {
    const { status } = await send(['GET /graphql HTTP/1.1', ...headers]);
    expect(statuses).toContain(status);
  });

  test('Expect: 100-continue is answered, and another expectation is refused with 417', async () => {
    const { status } = await send([post, json, 'Expect: 100-continue', 'Content-Length: 24'], query);
    expect([100, 200]).toContain(status);
    expect((await send([post, json, 'Expect: the-unexpected', 'Content-Length: 24'], query)).status).toBe(
      417,
    );
  });
});

test('hostile headers leave the gateway unharmed', () => gateway.expectUnharmed());
