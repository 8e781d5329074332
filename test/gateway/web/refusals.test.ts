import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { sendRaw } from '../../support/http/raw-http.ts';

let gateway: TestGateway;
let limited: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
  limited = await startTestGateway({ settings: { MAX_REQUESTS_PER_MINUTE: '1' } });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await limited[Symbol.asyncDispose]();
});

interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** Sends a request of which `fetch` would set the `Host` itself, or would send all of the body. */
async function send(url: string, path: string, headers: string[], method = 'GET'): Promise<Answer> {
  const lines = [`${method} ${path} HTTP/1.1`, ...headers, 'Connection: close', '', ''];
  const text = await sendRaw(url, lines.join('\r\n'));
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const [first = '', ...rest] = head.split('\r\n');
  const named = rest.map((line) => line.split(/: (.*)/).slice(0, 2) as [string, string]);
  return {
    status: Number(first.split(' ')[1]),
    headers: new Headers(named),
    body: JSON.parse(/\{.*\}/s.exec(body)?.[0] ?? 'null'),
  };
}

const refusals: [string, string, number, string, (path: string) => Promise<Answer>][] = [
  [
    'a page of another origin',
    'FORBIDDEN',
    403,
    'This gateway answers no pages of other origins; CORS_ORIGINS can allow them.',
    (path) =>
      send(gateway.url, path, [`Host: ${new URL(gateway.url).host}`, 'Origin: https://mallory.example']),
  ],
  [
    'a host that is not this gateway',
    'MISDIRECTED_REQUEST',
    421,
    'This gateway does not know itself by this name: if it has it, add it to ALLOWED_HOSTS.',
    (path) => send(gateway.url, path, ['Host: mallory.example']),
  ],
  [
    'a request too many',
    'RATE_LIMITED',
    429,
    'You may send 1 requests in a minute, 1 of them at once; try again later.',
    async (path) => {
      await fetch(`${limited.url}/graphql?query={__typename}`);
      return send(limited.url, path, [`Host: ${new URL(limited.url).host}`]);
    },
  ],
];

describe.each(refusals)('%s', (_what, code, status, message, ask) => {
  test(`is answered ${status}, with ${code} on the paths of GraphQL and a detail on those of REST`, async () => {
    for (const path of ['/graphql', '/graphql/stream']) {
      const answer = await ask(path);
      const errors = [{ message, extensions: expect.objectContaining({ code }) }];
      expect({ status: answer.status, body: answer.body }).toEqual({ status, body: { errors } });
    }
    const { status: restStatus, body } = await ask('/api/v1/sessions/');
    expect({ status: restStatus, body }).toEqual({ status, body: { detail: message } });
  });
});

describe('the routes', () => {
  const host = () => `Host: ${new URL(gateway.url).host}`;

  test('refuse a method with Allow and METHOD_NOT_ALLOWED on both paths of GraphQL', async () => {
    const plain = await send(gateway.url, '/graphql', [host()], 'DELETE');
    const stream = await send(gateway.url, '/graphql/stream', [host()], 'PATCH');
    for (const { status, body } of [plain, stream]) {
      expect(status).toBe(405);
      expect(body).toMatchObject({ errors: [{ extensions: { code: 'METHOD_NOT_ALLOWED' } }] });
    }
    expect(plain.headers.get('allow')).toBe('GET, POST');
    expect(stream.headers.get('allow')).toBe('GET, POST, PUT, DELETE');
  });

  test('answer 404 below the paths of GraphQL with a code, and elsewhere with a detail', async () => {
    const below = await send(gateway.url, '/graphql/nowhere', [host()]);
    const errors = [{ message: 'Not Found', extensions: { code: 'NOT_FOUND' } }];
    expect([below.status, below.body]).toEqual([404, { errors }]);
    const elsewhere = await send(gateway.url, '/nowhere', [host()]);
    expect([elsewhere.status, elsewhere.body]).toEqual([404, { detail: 'Not Found' }]);
    const similar = await send(gateway.url, '/graphqlish', [host()]);
    expect([similar.status, similar.body]).toEqual([404, { detail: 'Not Found' }]);
  });

  test('say Retry-After with a request too many', async () => {
    await fetch(`${limited.url}/graphql?query={__typename}`);
    const { status, headers } = await send(limited.url, '/graphql', [`Host: ${new URL(limited.url).host}`]);
    expect(status).toBe(429);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  });
});
