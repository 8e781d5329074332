import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { sendRaw } from '../../support/http/raw-http.ts';

const slowBody = { BODY_TIMEOUT_MS: '200' };

let gateway: TestGateway;
let limited: TestGateway;
let impatient: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
  limited = await startTestGateway({ settings: { MAX_REQUESTS_PER_MINUTE: '1' } });
  impatient = await startTestGateway({ settings: slowBody });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await limited[Symbol.asyncDispose]();
  await impatient[Symbol.asyncDispose]();
});

interface Received {
  status: number;
  headers: Headers;
  body: unknown;
}

interface Sent {
  method?: string;
  headers?: string[];
  body?: string;
}

/** Sends a request with a `Host` that `fetch` would replace, or a body that `fetch` would complete. */
async function send(url: string, path: string, sent: Sent = {}): Promise<Received> {
  const { method = 'GET', headers = [`Host: ${new URL(url).host}`], body: sentBody = '' } = sent;
  const lines = [`${method} ${path} HTTP/1.1`, ...headers, 'Connection: close', '', sentBody];
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

/** Announces a body of 1000 bytes and sends 9 of them. */
function stopInBody(url: string, path: string): Promise<Received> {
  const headers = [
    `Host: ${new URL(url).host}`,
    'Accept: text/event-stream',
    'Content-Type: application/json',
    'Content-Length: 1000',
  ];
  return send(url, path, { method: 'POST', headers, body: '{"query":' });
}

const refusals: [string, string, number, string, (path: string) => Promise<Received>][] = [
  [
    'a page of another origin',
    'FORBIDDEN',
    403,
    'This gateway refuses pages of other origins. The setting CORS_ORIGINS allows an origin.',
    (path) =>
      send(gateway.url, path, {
        headers: [`Host: ${new URL(gateway.url).host}`, 'Origin: https://mallory.example'],
      }),
  ],
  [
    'a host that is not this gateway',
    'MISDIRECTED_REQUEST',
    421,
    'The Host header names another host. If this gateway has that name, add it to ALLOWED_HOSTS.',
    (path) => send(gateway.url, path, { headers: ['Host: mallory.example'] }),
  ],
  [
    'a request too many',
    'RATE_LIMITED',
    429,
    'You may send 1 requests in a minute, 1 of them at once; try again later.',
    async (path) => {
      await fetch(`${limited.url}/graphql?query={__typename}`);
      return send(limited.url, path);
    },
  ],
  [
    'a body that stops coming',
    'REQUEST_TIMEOUT',
    408,
    'The body came too slowly, or nothing of it for 200 ms.',
    (path) => stopInBody(impatient.url, path),
  ],
];

describe.each(refusals)('%s', (what, code, status, message, ask) => {
  test(`${what} is answered ${status}, with ${code} on the paths of GraphQL and a detail on those of REST`, async () => {
    for (const path of ['/graphql', '/graphql/stream']) {
      const answer = await ask(path);
      const errors = [{ message, extensions: expect.objectContaining({ code }) }];
      expect({ status: answer.status, body: answer.body }).toEqual({ status, body: { errors } });
    }
    const { status: restStatus, body } = await ask('/api/v1/sessions/');
    expect({ status: restStatus, body }).toEqual({ status, body: { detail: message } });
  });
});

test('a gateway that refused bodies that stopped coming closes promptly', async () => {
  const closing = await startTestGateway({ settings: slowBody });
  const paths = ['/graphql', '/graphql/stream', '/api/v1/sessions/'];
  const answers = await Promise.all(paths.map((path) => stopInBody(closing.url, path)));
  const beganAt = performance.now();
  await closing[Symbol.asyncDispose]();
  expect(answers.map(({ status }) => status)).toEqual([408, 408, 408]);
  expect(performance.now() - beganAt).toBeLessThan(5_000);
});

describe('the routes', () => {
  test('an unknown method is refused with Allow and METHOD_NOT_ALLOWED on both paths of GraphQL', async () => {
    const plain = await send(gateway.url, '/graphql', { method: 'DELETE' });
    const stream = await send(gateway.url, '/graphql/stream', { method: 'PATCH' });
    for (const { status, body } of [plain, stream]) {
      expect(status).toBe(405);
      expect(body).toMatchObject({ errors: [{ extensions: { code: 'METHOD_NOT_ALLOWED' } }] });
    }
    expect(plain.headers.get('allow')).toBe('GET, HEAD, POST');
    expect(stream.headers.get('allow')).toBe('GET, HEAD, POST, PUT, DELETE');
  });

  test('an unknown path is answered 404, with a code below the paths of GraphQL and a detail elsewhere', async () => {
    const below = await send(gateway.url, '/graphql/nowhere');
    const errors = [{ message: 'Not Found', extensions: { code: 'NOT_FOUND' } }];
    expect([below.status, below.body]).toEqual([404, { errors }]);
    const elsewhere = await send(gateway.url, '/nowhere');
    expect([elsewhere.status, elsewhere.body]).toEqual([404, { detail: 'Not Found' }]);
    const similar = await send(gateway.url, '/graphqlish');
    expect([similar.status, similar.body]).toEqual([404, { detail: 'Not Found' }]);
  });

  test('a request too many is answered with Retry-After', async () => {
    await fetch(`${limited.url}/graphql?query={__typename}`);
    const { status, headers } = await send(limited.url, '/graphql');
    expect(status).toBe(429);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  });
});
