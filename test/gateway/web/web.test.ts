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

/** A request of each kind: through Hono, through Yoga, and three whose answer streams. */
const requests: Record<string, () => [path: string, init: RequestInit]> = {
  'the health': () => ['/health/live', {}],
  'nothing that there is': () => ['/nowhere', {}],
  'the docs': () => ['/docs', {}],
  'the console': () => ['/console', {}],
  GraphiQL: () => ['/graphql', { headers: { accept: 'text/html' } }],
  'a query': () => ['/graphql', post({ query: '{ __typename }' })],
  'a query that is wrong': () => ['/graphql', post({ query: '{ nothing }' })],
  'a chat over /graphql': () => ['/graphql', post(chatOver(), 'text/event-stream')],
  'a chat over graphql-sse': () => ['/graphql/stream', post(chatOver(), 'text/event-stream')],
  'a stream token': () => ['/graphql/stream', { method: 'PUT' }],
  'the sessions over REST': () => ['/api/v1/sessions/', {}],
  'a chat over REST': () => ['/api/v1/sessions/1/chat', post({ prompt: 'Hi' })],
  'a session over REST that is not there': () => ['/api/v1/sessions/99', {}],
};

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

describe.each(Object.entries(requests))('%s', (_what, request) => {
  test('is answered with headers that keep browsers from guessing, framing and telling', async () => {
    const { headers } = await ask(request());
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-frame-options')).toBe('DENY');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^default-src 'none';.*frame-ancestors 'none'/);
    expect(policy).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline/);
    expect(headers.get('strict-transport-security')).toBeNull();
  });

  test('sets no cookie', async () => {
    expect((await ask(request(), { cookie: 'session=1' })).headers.getSetCookie()).toEqual([]);
  });

  test('may be read by pages of an allowed origin', async () => {
    const browser = { origin: app, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' };
    const { headers, status } = await ask(request(), browser);
    expect(status).not.toBe(403);
    expect(headers.get('access-control-allow-origin')).toBe(app);
    expect(headers.get('access-control-expose-headers')).toMatch(/X-Request-Id/);
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    expect(headers.get('vary')).toMatch(/Origin/);
  });

  test('is neither answered nor shared with pages of another one', async () => {
    const browser = { origin: 'https://mallory.example', 'sec-fetch-site': 'cross-site' };
    const { headers, status } = await ask(request(), browser);
    expect(status).toBe(403);
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('a browser that asks before it sends', () => {
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
  ])('may send %s from an allowed origin', async (header) => {
    const { status, headers } = await preflight('http://localhost:5173', header);
    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
    expect(headers.get('access-control-allow-methods')).toMatch(/\bPUT\b.*\bDELETE\b/);
    expect(headers.get('access-control-allow-headers')?.toLowerCase().split(',')).toContain(header);
  });

  test('is told nothing from another one', async () => {
    const { status, headers } = await preflight('https://mallory.example', 'content-type');
    expect(status).toBe(403);
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});

async function statusFor(host: string, path = '/health/live', url = gateway.url): Promise<number> {
  const answer = await sendRaw(url, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  return Number(answer.split(' ')[1]);
}

describe('a request for the host', () => {
  test.each(['localhost', 'localhost:8000', 'LOCALHOST', '127.0.0.1:1', '[::1]:8000', 'chat.example.org'])(
    '%s is answered',
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
  ])('%s is refused', async (host) => {
    for (const path of ['/health/live', '/graphql', '/graphql/stream', '/api/v1/sessions/', '/docs', '/']) {
      expect([400, 421]).toContain(await statusFor(host, path));
    }
  });

  test('is told what to do about it', async () => {
    const answer = await sendRaw(
      gateway.url,
      'GET /health/live HTTP/1.1\r\nHost: mallory.example\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1.1 421 /);
    expect(answer).toContain('ALLOWED_HOSTS');
  });
});

describe('a gateway that others can reach', () => {
  const anywhere = { HOST: '0.0.0.0', AUTH_NONE_ANYWHERE: 'yes' };
  const addresses = ['localhost', '127.0.0.1:8000', '192.168.0.7:8000', '[fe80::1]:8000', '0.0.0.0'];
  const names = ['mallory.example', 'mallory.example:8000', '192.168.0.7.mallory.example', '192.168.0'];

  async function statuses(settings: Record<string, string>, hosts: string[]): Promise<Set<number>> {
    await using reached = await startTestGateway({ settings });
    const url = reached.url.replace('0.0.0.0', '127.0.0.1');
    const seen = new Set<number>();
    for (const host of hosts) seen.add(await statusFor(host, '/health/live', url));
    return seen;
  }

  test('and asks nobody who they are answers to its addresses', async () => {
    expect(await statuses(anywhere, addresses)).toEqual(new Set([200]));
    expect(await statuses(anywhere, names)).toEqual(new Set([421]));
  });

  test('and asks nobody who they are answers to the names that it was given, too', async () => {
    const named = { ...anywhere, ALLOWED_HOSTS: 'chat.example.org' };
    expect(await statuses(named, ['chat.example.org:8000', ...addresses])).toEqual(new Set([200]));
    expect(await statuses(named, names)).toEqual(new Set([421]));
  });

  test('and knows its users answers to any name, until it is given one', async () => {
    const known = { HOST: '0.0.0.0', AUTH: 'token' };
    expect(await statuses(known, [...addresses, ...names])).toEqual(new Set([200]));
    const named = { ...known, ALLOWED_HOSTS: 'chat.example.org' };
    expect(await statuses(named, ['chat.example.org', 'localhost'])).toEqual(new Set([200]));
    expect(await statuses(named, ['192.168.0.7', ...names])).toEqual(new Set([421]));
  });
});
