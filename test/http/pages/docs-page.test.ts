import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGraphqlDouble } from '../../rest/graphql-double.ts';
import { type RestServer, startRestServer } from '../../rest/rest-server.ts';

let server: RestServer;
beforeAll(async () => {
  server = await startRestServer(createGraphqlDouble());
});
afterAll(() => server[Symbol.asyncDispose]());

test('the docs page loads all its files from the gateway and has nothing inline', async () => {
  const response = await fetch(`${server.origin}/docs`);

  expect(response.headers.get('content-type')).toMatch(/^text\/html/);
  expect(response.headers.get('content-security-policy')).toContain("script-src 'self'");
  const html = await response.text();
  expect(html).not.toMatch(/<script(?![^>]* src=)|https?:|\son\w+=|style=/);
  const assets = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path);
  expect(assets).toHaveLength(4);
  for (const path of assets) {
    const asset = await fetch(`${server.origin}${path}`);
    expect({ path, status: asset.status }).toEqual({ path, status: 200 });
    expect((await asset.arrayBuffer()).byteLength).toBeGreaterThan(50);
  }
});

test('the script of the docs page opens the OpenAPI document of this API', async () => {
  const script = await fetch(`${server.origin}/docs/start.js`);

  expect(script.headers.get('content-type')).toMatch(/^text\/javascript/);
  const [, url] = /url: '([^']+)'/.exec(await script.text()) ?? [];
  expect((await fetch(`${server.origin}${url}`)).status).toBe(200);
});

test.for(['/docs/package.json', '/docs/../package.json', '/docs/%2e%2e/package.json', '/docs/index.js'])(
  'the docs page does not serve other files of its package: %s',
  async (path) => {
    expect((await fetch(`${server.origin}${path}`)).status).toBe(404);
  },
);
