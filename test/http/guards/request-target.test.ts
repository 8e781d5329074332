import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import fc from 'fast-check';
import { Hono } from 'hono';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refuseUnplainTargets } from '../../../src/http/guards/request-target.ts';
import { sendRaw } from '../../support/http/raw-http.ts';

const app = new Hono().all('*', (c) => c.json({ routed: c.req.path, url: c.req.url }));
const server = createAdaptorServer({
  fetch: (request, env) => {
    const refused = refuseUnplainTargets({ ...(env as HttpBindings), request, path: '' });
    return refused ? new Response(null, { status: 400 }) : app.fetch(request);
  },
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => void server.close());

async function send(target: string): Promise<{ status: number; body: string }> {
  const { port } = server.address() as AddressInfo;
  const request = `DELETE ${target} HTTP/1.1\r\nHost: gateway.example\r\nConnection: close\r\n\r\n`;
  const received = await sendRaw(`http://127.0.0.1:${port}`, Buffer.from(request, 'latin1'));
  return { status: Number(received.split(' ')[1]), body: received.split('\r\n\r\n')[1] ?? '' };
}

const base = '/api/v1/sessions/21';

test.each([
  ['escaped dots', `${base}/nodes/%2e%2e/%2e%2e?user_id=alice`],
  ['dots', `${base}/nodes/../..?user_id=alice`],
  ['one dot', `${base}/nodes/.`],
  ['a half-escaped dot', `${base}/nodes/%2E.`],
  ['the other half escaped', `${base}/nodes/.%2e/x`],
  ['dots behind an escaped slash', `${base}/nodes/a%2f..%2f..`],
  ['dots behind an escaped backslash', `${base}/nodes/a%5C..`],
  ['dots out of another folder', `/docs/..${base}`],
  ['an escaped slash', `${base}/nodes/a%2Fb`],
  ['an escaped NUL', `${base}/nodes/a%00b`],
  ['a fragment in the path', `${base}#/nodes/laptop`],
  ['a fragment in the query', '/api/v1/sessions/?user_id=alice&feature_name=C#'],
  ['a backslash', `${base}\\nodes`],
  ['an absolute form with dots', `http://gateway.example${base}/nodes/%2e%2e`],
  ['an absolute form of another host', `http://mallory.example${base}`],
  ['an absolute form of another port', `http://gateway.example:81${base}`],
  ['an absolute form with a user', `http://gateway.example@mallory.example${base}`],
  ['a quote', `${base}/nodes/"laptop"`],
  ['braces', `${base}/nodes/{node_id}`],
  ['bytes that are not ASCII', `${base}/nodes/\u00e9`],
  ['a name instead of a path', 'api/v1/sessions/21'],
  ['a star', '*'],
])('a target with %s is refused with 400', async (_what, target) => {
  expect((await send(target)).status).toBe(400);
});

test.each([
  ['a plain path', `${base}/nodes/laptop`],
  ['a name with dots', `${base}/nodes/a..b`],
  ['a name of three dots', `${base}/nodes/...`],
  ['a hidden name', `${base}/nodes/.laptop`],
  ['an escaped space', `${base}/nodes/a%20b`],
  ['escaped letters beyond ASCII', `${base}/nodes/zo%C3%AB`],
  ['an escaped backslash', `${base}/nodes/DOMAIN%5Claptop`],
  ['a port', `${base}/nodes/laptop:8080`],
  ['a user', `${base}/nodes/alice@laptop`],
  ['an escaped number sign', '/api/v1/sessions/?user_id=alice&feature_name=C%23'],
  ['a GraphQL document in the query', '/graphql?query={viewer{userId}}&variables={"a":".."}'],
  ['dots in the query', '/api/v1/sessions/?user_id=../..'],
  ['an absolute form of this host', `http://gateway.example${base}`],
  ['an absolute form in capitals', `http://GATEWAY.EXAMPLE${base}`],
])('a target with %s is routed', async (_what, target) => {
  const { status, body } = await send(target);

  expect(status).toBe(200);
  expect(new URL(JSON.parse(body).url).pathname).toBe(
    target.replace(/^http:\/\/[^/]*/i, '').replace(/\?.*/, ''),
  );
});

test('any target is refused with 400, or its path is routed as it was sent', async () => {
  const piece = fc.constantFrom(
    ...['/', '.', '..', '%2e', '%2E', '%2f', '%5c', '\\', '#', '?', '%', '%25', '%252e', ';', ':', '@', '//'],
    ...[
      'a',
      'sessions',
      '21',
      'http://',
      'gateway.example',
      '%00',
      '%0a',
      '%c0%ae',
      '|',
      '^',
      '{',
      '"',
      "'",
      '&',
    ],
  );
  const character = fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code));
  const rest = fc.array(fc.oneof({ weight: 5, arbitrary: piece }, { weight: 1, arbitrary: character }));
  const target = fc.tuple(fc.constantFrom('/', '/api/v1/', 'http://gateway.example/', ''), rest);
  await fc.assert(
    fc.asyncProperty(target, async ([start, parts]) => {
      const sent = start + parts.join('');
      fc.pre(sent !== '');
      const { status, body } = await send(sent);
      if (status === 400) return;
      const path = sent.replace(/^http:\/\/gateway\.example/i, '').replace(/\?.*/s, '') || '/';
      const { routed, url } = JSON.parse(body);
      expect([status, new URL(url).pathname]).toEqual([200, path]);
      expect(lenientlyDecoded(routed)).toBe(lenientlyDecoded(path));
    }),
    { numRuns: 400 },
  );
});

/** Decodes every escape that is valid, because Hono decodes paths before it routes them. */
function lenientlyDecoded(path: string): string {
  return path.replaceAll(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}
