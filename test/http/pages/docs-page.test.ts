import { expect, test } from 'vitest';
import { createGraphqlDouble } from '../../rest/graphql-double.ts';
import { startRestServer } from '../../rest/rest-server.ts';

test('the documentation page is served whole from here: nothing inline, nothing from elsewhere', async () => {
  await using server = await startRestServer(createGraphqlDouble());

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

test('its script opens the description of this API', async () => {
  await using server = await startRestServer(createGraphqlDouble());

  const script = await fetch(`${server.origin}/docs/start.js`);

  expect(script.headers.get('content-type')).toMatch(/^text\/javascript/);
  const [, url] = /url: '([^']+)'/.exec(await script.text()) ?? [];
  expect((await fetch(`${server.origin}${url}`)).status).toBe(200);
});

test.for(['/docs/package.json', '/docs/../package.json', '/docs/%2e%2e/package.json', '/docs/index.js'])(
  'nothing else of the package is served: %s',
  async (path) => {
    await using server = await startRestServer(createGraphqlDouble());
    expect((await fetch(`${server.origin}${path}`)).status).toBe(404);
  },
);
