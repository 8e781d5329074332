import { beforeAll, describe, expect, test } from 'vitest';
import { type HostileGateway, shareHostileGateway } from '../../support/gateway/hostile-gateway.ts';

let gateway: HostileGateway;
beforeAll(async () => {
  gateway = await shareHostileGateway();
});

/** Sends the target unchanged, because `fetch` would normalize it. */
function ask(target: string, method = 'GET') {
  return gateway.attackRaw(
    `${method} ${target} HTTP/1.1\r\nHost: ${new URL(gateway.url).host}\r\nConnection: close\r\n\r\n`,
  );
}

const secretFiles = ['package.json', 'etc/passwd', 'switchyard.db', '.env'];

describe('a path out of the folder of assets', () => {
  test.each([
    ['dots', '/docs/../'],
    ['many dots', '/docs/../../../../../../../../'],
    ['escaped dots', '/docs/%2e%2e/%2e%2e/'],
    ['escaped slashes', '/docs/..%2f..%2f..%2f'],
    ['dots escaped twice', '/docs/%252e%252e%252f'],
    ['backslashes', '/docs/..\\..\\'],
    ['escaped backslashes', '/docs/..%5c..%5c'],
    ['overlong dots', '/docs/%c0%ae%c0%ae/'],
    ['dots and a NUL', '/docs/..%00/'],
    ['an asset in front', '/docs/swagger-ui.css/../../../'],
    ['two slashes', '/docs//'],
    ['a drive', '/docs/C:/'],
    ['a URL of a file', '/docs/file:///'],
    ['an unknown folder', '/static/../../'],
    ['the URL of another host', 'http://mallory.example/docs/../../'],
  ])('a path with %s does not leave the folder of assets', async (_what, prefix) => {
    for (const file of secretFiles) {
      const { status, text } = await ask(`${prefix}${file}`);
      expect([301, 302, 400, 403, 404, 421]).toContain(status);
      expect(text).not.toMatch(/"dependencies"|root:x:0|SQLite format/);
    }
  });
});

describe('a session in a path', () => {
  const ids: [what: string, id: string][] = [
    ['negative', '-1'],
    ['minus zero', '-0'],
    ['fractional', '1.0'],
    ['written with an exponent', '1e0'],
    ['hexadecimal', '0x1'],
    ['octal', '0o1'],
    ['with an underscore', '1_0'],
    ['in other digits', '%D9%A1'],
    ['in full-width digits', '%EF%BC%91'],
    ['beyond 32 bits', '4294967297'],
    ['beyond 64 bits', '18446744073709551617'],
    ['of 5,000 digits', '1'.repeat(5_000)],
    ['NaN', 'NaN'],
    ['Infinity', 'Infinity'],
    ['undefined', 'undefined'],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
    ['SQL', "1'%20OR%20'1'='1"],
    ['SQL of more than one statement', '1;DROP%20TABLE%20Session'],
    ['a broken escape', '%'],
    ['half of an escape', '%2'],
    ['not UTF-8', '%FF%FE'],
    ['half a surrogate pair', '%ED%A0%BD'],
    ['a line break', '1%0a'],
    ['a header', '1%0d%0aSet-Cookie:%20a=b'],
    ['a NUL', '1%00'],
    ['a slash', '1%2f2'],
    ['an id of GraphQL', 'U2Vzc2lvbjox'],
    ['parameters of the path', '1;id=2'],
    ['a brace', '%7Bsession_id%7D'],
    ['a star', '*'],
  ];

  test.each(ids)('a session id in a path that is %s is refused by every route', async (_what, id) => {
    for (const rest of ['', '/messages', '/tokens', '/chat']) {
      const { status, text, headers } = await ask(`/api/v1/sessions/${id}${rest}`);
      expect([400, 404, 422]).toContain(status);
      expect(JSON.parse(body(text))).toHaveProperty('detail');
      expect(headers.get('set-cookie')).toBeNull();
    }
    expect([400, 404, 422]).toContain((await ask(`/api/v1/sessions/${id}`, 'DELETE')).status);
    expect([400, 404, 422]).toContain((await ask(`/api/v1/sessions/messages/${id}/audio`)).status);
  });

  test('session 1 still exists after these requests', async () => {
    expect((await gateway.attack('/api/v1/sessions/1')).status).toBe(200);
  });
});

describe('a malformed target', () => {
  test.each([
    ['empty segments', '/api//v1///sessions/1'],
    ['a path of 10,000 letters', `/${'a'.repeat(10_000)}`],
    ['a path of 5,000 segments', '/a'.repeat(5_000)],
    ['1,000 parameters', `/api/v1/sessions/?${'user_id=a&'.repeat(1_000)}`],
    ['a parameter named __proto__', '/api/v1/sessions/?user_id=alice&__proto__[admin]=1&constructor=1'],
    ['a parameter in a list', '/api/v1/sessions/?user_id[]=alice'],
    ['a parameter that is not UTF-8', '/api/v1/sessions/?user_id=%ff'],
    ['half an escape in a parameter', '/api/v1/sessions/?user_id=%'],
    ['a NUL in a parameter', '/api/v1/sessions/?user_id=a%00b'],
    ['a line break in a parameter', '/api/v1/sessions/?user_id=a%0d%0aX-Evil:%201'],
    ['another case', '/API/V1/SESSIONS/1'],
    ['a dot at the end', '/api/v1/sessions/1/.'],
    ['a fragment', '/api/v1/sessions/1#/messages'],
    ['an escaped slash before the base', '/%2fapi/v1/sessions/1'],
    ['another host', '//mallory.example/%2e%2e'],
  ])(
    'a target with %s is answered with a status that blames the client, or with 200',
    async (_what, target) => {
      const { status, headers } = await ask(target);
      expect([200, 400, 404, 414, 422, 431]).toContain(status);
      expect(headers.get('x-evil')).toBeNull();
      expect(headers.get('location')).toBeNull();
    },
  );
});

describe('a DELETE of a node whose id leads out of its folder', () => {
  const node = '/api/v1/sessions/1/nodes';

  test.each([
    ['escaped dots', `${node}/%2e%2e/%2e%2e?user_id=alice`, 400],
    ['dots', `${node}/../..?user_id=alice`, 400],
    ['a half-escaped dot', `${node}/%2E.`, 400],
    ['dots around an escaped slash', `${node}/..%2f..?user_id=alice`, 400],
    ['an escaped slash', `${node}/a%2Fb`, 400],
    ['an escaped NUL', `${node}/a%00`, 400],
    ['a backslash', `${node}/..\\..?user_id=alice`, 400],
    ['a fragment', `/api/v1/sessions/1#/nodes/laptop`, 400],
    ['a fragment in the query', '/api/v1/sessions/?user_id=alice#&feature_name=other', 400],
    ['the page of another folder', '/docs/../api/v1/sessions/1', 400],
    ['the URL of another host', 'http://mallory.example/api/v1/sessions/1', 400],
    ['an empty id', `${node}/`, 404],
    ['an id that the client has resolved', '/api/v1/sessions/1/', 404],
    ['ids that the client has resolved', '/api/v1/sessions/', 422],
  ])('a DELETE of a node with %s deletes nothing', async (_what, target, expected) => {
    const { status, text } = await ask(target, 'DELETE');
    expect([status, JSON.parse(body(text))]).toEqual([expected, { detail: expect.anything() }]);
    expect((await gateway.attack('/api/v1/sessions/1')).status).toBe(200);
  });
});

describe('a method', () => {
  test.each(['TRACE', 'CONNECT', 'PROPFIND', 'PURGE', 'LINK', 'SEARCH', 'M-SEARCH', 'FOO', 'get'])(
    'the method %s is refused on every path',
    async (method) => {
      for (const path of [
        '/',
        '/graphql',
        '/graphql/stream',
        '/docs',
        '/health/live',
        '/api/v1/sessions/1',
      ]) {
        const { status } = await ask(path, method);
        expect([0, 400, 404, 405]).toContain(status);
      }
    },
  );

  test.each(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'])(
    'the method in the header %s is ignored',
    async (name) => {
      const { status } = await gateway.attack('/api/v1/sessions/1', { headers: { [name]: 'DELETE' } });
      expect(status).toBe(200);
      expect((await gateway.attack('/api/v1/sessions/1')).status).toBe(200);
    },
  );
});

test('hostile paths and methods leave the gateway unharmed', () => gateway.expectUnharmed());

/** The JSON in a body, without the sizes of its chunks. */
function body(text: string): string {
  return /\{.*\}/s.exec(text)?.[0] ?? text;
}
