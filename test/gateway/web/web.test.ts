import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chatDocument } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { sendRaw } from '../../support/http/raw-http.ts';

const app = 'https://app.example.org';

let gateway: TestGateway;
let sessionId = '';
beforeAll(async () => {
  gateway = await startTestGateway({
    settings: { CORS_ORIGINS: `${app}, http://localhost:5173`, ALLOWED_HOSTS: 'chat.example.org' },
  });
  sessionId = await gateway.createSession();
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** A request of each kind: answered by Hono, answered by Yoga, and three with a stream. */
const requests: Record<string, () => [path: string, init: RequestInit]> = {
  'a health check': () => ['/health/live', {}],
  'an unknown path': () => ['/nowhere', {}],
  'the docs page': () => ['/docs', {}],
  'the console page': () => ['/console', {}],
  GraphiQL: () => ['/graphql', { headers: { accept: 'text/html' } }],
  'a query': () => ['/graphql', post({ query: '{ __typename }' })],
  'an invalid query': () => ['/graphql', post({ query: '{ nothing }' })],
  'a chat over /graphql': () => ['/graphql', post(chatOver(), 'text/event-stream')],
  'a chat over graphql-sse': () => ['/graphql/stream', post(chatOver(), 'text/event-stream')],
  'a stream token': () => ['/graphql/stream', { method: 'PUT' }],
  'a list of sessions over REST': () => ['/api/v1/sessions/', {}],
  'a chat over REST': () => ['/api/v1/sessions/1/chat', post({ prompt: 'Hi' })],
  'an unknown session over REST': () => ['/api/v1/sessions/99', {}],
};

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function chatOver() {
  return {
    query: chatDocument,
    variables: { input: { sessionId, prompt: 'Hi', onBusy: 'ENQUEUE' } },
  };
}

function post(body: object, accept = 'application/json'): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify(body),
  };
}

async function ask([path, init]: [string, RequestInit], headers: Record<string, string> = {}) {
  const all = { ...(init.headers as Record<string, string>), ...headers };
  const response = await fetch(gateway.url + path, { ...init, headers: all });
  await response.text();
  return response;
}

describe.each(Object.entries(requests))('%s', (what, request) => {
  test(`${what} is answered with security headers`, async () => {
    const { headers } = await ask(request());
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-frame-options')).toBe('DENY');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^default-src 'none';.*frame-ancestors 'none'/);
    expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline/);
    expect(headers.get('strict-transport-security')).toBeNull();
  });

  test(`${what} is kept by no cache if it is an answer of an API`, async () => {
    const [path, init] = request();
    const { headers } = await ask([path, init]);
    const type = headers.get('content-type') ?? '';
    const isStream = type.startsWith('text/event-stream');
    const isApi = /^\/(graphql|api)/.test(path) && !type.startsWith('text/html');
    const expected = isStream ? /^no-cache/ : isApi ? /^no-store$/ : /^(no-cache)?$/;
    expect(headers.get('cache-control') ?? '').toMatch(expected);
  });

  test(`${what} is answered without a cookie`, async () => {
    expect((await ask(request(), { cookie: 'session=1' })).headers.getSetCookie()).toEqual([]);
  });

  test(`${what} may be read by pages of an allowed origin`, async () => {
    const browser = { origin: app, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' };
    const { headers, status } = await ask(request(), browser);
    expect(status).not.toBe(403);
    expect(headers.get('access-control-allow-origin')).toBe(app);
    for (const name of ['X-Request-Id', 'Retry-After', 'ETag', 'WWW-Authenticate', 'Location', 'Allow']) {
      expect(headers.get('access-control-expose-headers')?.split(',')).toContain(name);
    }
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    expect(headers.get('vary')).toMatch(/Origin/);
  });

  test(`${what} is refused to pages of another origin`, async () => {
    const browser = { origin: 'https://mallory.example', 'sec-fetch-site': 'cross-site' };
    const { headers, status } = await ask(request(), browser);
    expect(status).toBe(403);
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('a preflight', () => {
  function preflight(origin: string, header: string): Promise<Response> {
    return fetch(`${gateway.url}/graphql/stream`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'PUT',
        'access-control-request-headers': header,
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'cors',
      },
    });
  }

  test.each([
    'authorization',
    'content-type',
    'last-event-id',
    'x-graphql-event-stream-token',
    'apollo-require-preflight',
    'x-graphql-yoga-csrf',
    'traceparent',
    'apollographql-client-name',
    'if-none-match',
  ])('a preflight from an allowed origin allows the header %s', async (header) => {
    const { status, headers } = await preflight('http://localhost:5173', header);
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
    expect(headers.get('access-control-allow-methods')).toMatch(/\bPUT\b.*\bDELETE\b/);
    expect(headers.get('access-control-allow-headers')?.toLowerCase().split(',')).toContain(header);
  });

  test('a preflight from another origin is refused', async () => {
    const { status, headers } = await preflight('https://mallory.example', 'content-type');
    expect(status).toBe(403);
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('automatic persisted queries', () => {
  const send = async (path: string, body: object, accept: string) => {
    const response = await fetch(gateway.url + path, post(body, accept));
    return { status: response.status, text: await response.text() };
  };
  const hashed = (document: string) => ({
    extensions: { persistedQuery: { version: 1, sha256Hash: sha256(document) } },
  });

  test.each([
    ['/graphql', 'application/json'],
    ['/graphql', 'application/graphql-response+json'],
    ['/graphql/stream', 'text/event-stream'],
  ])('a client of %s that accepts %s sends a document once', async (path, accept) => {
    const query = `{ viewer { userId } } # ${path} ${accept}`;
    const unknown = await send(path, hashed(query), accept);
    expect(unknown.status).toBe(200);
    expect(JSON.parse(unknown.text)).toEqual({
      errors: [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
    });
    expect((await send(path, { query, ...hashed(query) }, accept)).text).toContain('"viewer"');
    expect((await send(path, hashed(query), accept)).text).toContain('"viewer"');
  });

  test('a mutation is remembered, and still needs POST', async () => {
    const query = 'mutation { createSession(input: {}) { id } }';
    await send('/graphql', { query, ...hashed(query) }, 'application/json');
    const extensions = JSON.stringify(hashed(query).extensions);
    const response = await fetch(`${gateway.url}/graphql?${new URLSearchParams({ extensions })}`, {
      headers: { accept: 'application/json' },
    });
    expect(response.status).toBe(405);
  });

  test('an invalid document is not remembered, and a wrong hash is refused', async () => {
    const invalid = '{ nothing }';
    await send('/graphql', { query: invalid, ...hashed(invalid) }, 'application/json');
    expect((await send('/graphql', hashed(invalid), 'application/json')).text).toContain('NotFound');
    const query = '{ viewer { userId } }';
    const mismatch = await send('/graphql', { query, ...hashed(invalid) }, 'application/json');
    expect([mismatch.status, mismatch.text]).toEqual([
      400,
      expect.stringContaining('PersistedQueryMismatch'),
    ]);
  });
});

async function statusFor(host: string, path = '/health/live', url = gateway.url): Promise<number> {
  const answer = await sendRaw(url, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  return Number(answer.split(' ')[1]);
}

describe('a request for the host', () => {
  test.each(['localhost', 'localhost:8000', 'LOCALHOST', '127.0.0.1:1', '[::1]:8000', 'chat.example.org'])(
    'a request for the host %s is answered',
    async (host) => expect(await statusFor(host)).toBe(200),
  );

  test.each([
    'mallory.example',
    'mallory.example:8000',
    'localhost.mallory.example',
    'mallory.example#localhost',
    'localhost@mallory.example',
    '127.0.0.1.mallory.example',
    '0.0.0.0',
    '[::]',
    'evil.chat.example.org',
    '192.168.0.7',
  ])('a request for the host %s is refused', async (host) => {
    for (const path of ['/health/live', '/graphql', '/graphql/stream', '/api/v1/sessions/', '/docs', '/']) {
      expect([400, 421]).toContain(await statusFor(host, path));
    }
  });

  test('a request for an unknown host is told of ALLOWED_HOSTS', async () => {
    const answer = await sendRaw(
      gateway.url,
      'GET /health/live HTTP/1.1\r\nHost: mallory.example\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1.1 421 /);
    expect(answer).toContain('ALLOWED_HOSTS');
  });
});

describe('a gateway that listens beyond loopback', () => {
  const anywhere = { HOST: '0.0.0.0', AUTH_NONE_ANYWHERE: 'yes' };
  const addresses = ['localhost', '127.0.0.1:8000', '192.168.0.7:8000', '[fe80::1]:8000', '0.0.0.0'];
  const names = ['mallory.example', 'mallory.example:8000', '192.168.0.7.mallory.example', '192.168.0'];

  /** The statuses that a gateway with these settings answers, for each list of hosts. */
  async function statuses(settings: Record<string, string>, ...lists: string[][]): Promise<Set<number>[]> {
    await using reached = await startTestGateway({ settings });
    const url = reached.url.replace('0.0.0.0', '127.0.0.1');
    const seen = lists.map(async (hosts) => {
      const all = await Promise.all(hosts.map((host) => statusFor(host, '/health/live', url)));
      return new Set(all);
    });
    return await Promise.all(seen);
  }

  test('a public gateway without authentication answers to IP addresses but not to names', async () => {
    expect(await statuses(anywhere, addresses, names)).toEqual([new Set([200]), new Set([421])]);
  });

  test('a public gateway without authentication answers to IP addresses and to its ALLOWED_HOSTS', async () => {
    const named = { ...anywhere, ALLOWED_HOSTS: 'chat.example.org' };
    const accepted = ['chat.example.org:8000', ...addresses];
    expect(await statuses(named, accepted, names)).toEqual([new Set([200]), new Set([421])]);
  });

  test('a public gateway with tokens answers to any name until ALLOWED_HOSTS is set', async () => {
    const known = { HOST: '0.0.0.0', AUTH: 'token' };
    expect(await statuses(known, [...addresses, ...names])).toEqual([new Set([200])]);
    const named = { ...known, ALLOWED_HOSTS: 'chat.example.org' };
    const accepted = ['chat.example.org', 'localhost'];
    const refused = ['192.168.0.7', ...names];
    expect(await statuses(named, accepted, refused)).toEqual([new Set([200]), new Set([421])]);
  });
});
